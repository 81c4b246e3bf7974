// What the compiler makes of typed events; `tsc -p tsconfig.test.json` is what can fail here, the runs only prove that it is
// reached. The file is compiled against the stock client's typings too (e2e/interop/moving-types.test.ts), so it asks for nothing
// that only we have: that stands in types-own.test.ts.
import { afterAll, describe, expectTypeOf, test } from "vitest";
import io, { Manager, Socket, type ManagerOptions, type SocketOptions, io as named } from "@everwire/client";

interface ServerToClient {
  note: (text: string, count: number) => void;
  ask: (question: string, answer: (text: string) => void) => void;
}

interface ClientToServer {
  ready: () => void;
  say: (text: string) => void;
  optional: (text: string, times?: number) => void;
  sum: (a: number, b: number, done: (sum: number) => void) => void;
  measure: (done: (width: number, height: number) => void) => void;
}

type TypedSocket = Socket<ServerToClient, ClientToServer>;

const options = { autoConnect: false } as const;
const typed: TypedSocket = io("http://127.0.0.1:1", options);
const untyped = io("http://127.0.0.1:1", options);

afterAll(() => {
  typed.disconnect();
  untyped.disconnect();
});

describe("Socket<ListenEvents, EmitEvents>", () => {
  test("knows the arguments of listeners", () => {
    typed.on("note", (text, count) => {
      expectTypeOf(text).toEqualTypeOf<string>();
      expectTypeOf(count).toEqualTypeOf<number>();
    });
    typed.once("ask", (question, answer) => {
      expectTypeOf(question).toEqualTypeOf<string>();
      expectTypeOf(answer).toEqualTypeOf<(text: string) => void>();
    });
    // @ts-expect-error -- the server never sends it
    typed.on("say", () => undefined);
    // @ts-expect-error -- the listener wants what the event does not have
    typed.on("note", (text: number) => text);
    // @ts-expect-error -- the server never sends it
    typed.off("say");
    expectTypeOf(typed.listeners("note")).toEqualTypeOf<((text: string, count: number) => void)[]>();
  });

  test("knows its own events", () => {
    typed.on("connect", () => undefined);
    typed.on("connect_error", (error) => {
      expectTypeOf(error).toExtend<Error>();
      expectTypeOf(error.message).toEqualTypeOf<string>();
    });
    typed.on("disconnect", (reason) => {
      expectTypeOf(reason).toEqualTypeOf<Socket.DisconnectReason>();
      expectTypeOf<"io server disconnect">().toExtend<typeof reason>();
    });
    typed.on("disconnect", (_reason, details) => {
      if (details instanceof Error) expectTypeOf(details.message).toEqualTypeOf<string>();
      else expectTypeOf(details?.description).toEqualTypeOf<string | undefined>();
    });
  });

  test("knows the arguments of emit()", () => {
    typed.emit("ready");
    typed.emit("say", "x");
    typed.emit("optional", "x");
    typed.emit("optional", "x", 2);
    typed.emit("sum", 1, 2, (sum) => expectTypeOf(sum).toEqualTypeOf<number>());
    // @ts-expect-error -- a number is no text
    typed.emit("say", 1);
    // @ts-expect-error -- an argument is missing
    typed.emit("say");
    // @ts-expect-error -- the client never sends it
    typed.emit("note", "x", 1);
    // @ts-expect-error -- the answer is no text
    typed.emit("sum", 1, 2, (sum: string) => sum);
    expectTypeOf<Parameters<typeof typed.emit<"sum">>>().toEqualTypeOf<
      ["sum", number, number, (sum: number) => void]
    >();
  });

  test("timeout() puts an error first", () => {
    typed.timeout(1000).emit("sum", 1, 2, (error, sum) => {
      expectTypeOf(error).toEqualTypeOf<Error>();
      expectTypeOf(sum).toEqualTypeOf<number>();
    });
    typed.timeout(1000).emit("measure", (error, width, height) => {
      expectTypeOf(error).toEqualTypeOf<Error>();
      expectTypeOf([width, height]).toEqualTypeOf<number[]>();
    });
    typed.timeout(1000).emit("say", "x");
    // @ts-expect-error -- the first argument is an error now
    typed.timeout(1000).emit("sum", 1, 2, (sum: number) => sum);
  });

  test("emitWithAck() promises the first argument of the answer", () => {
    const promises = (): unknown => [
      expectTypeOf(typed.emitWithAck("sum", 1, 2)).toEqualTypeOf<Promise<number>>(),
      typed.timeout(1).emitWithAck("sum", 1, 2) satisfies Promise<number>,
      // @ts-expect-error -- nobody answers it
      typed.emitWithAck("say", "x"),
      // @ts-expect-error -- an argument is missing
      typed.emitWithAck("sum", 1),
    ];
    expectTypeOf(promises).toBeFunction();
  });

  test("chains, keeping its types", () => {
    expectTypeOf(typed.volatile.compress(true)).toEqualTypeOf<TypedSocket>();
    expectTypeOf(typed.connect().disconnect()).toEqualTypeOf<TypedSocket>();
    expectTypeOf(typed.id).toEqualTypeOf<string | undefined>();
  });
});

describe("without event maps", () => {
  test("everything goes", () => {
    untyped.on("whatever", (a, b) => {
      expectTypeOf(a).toBeAny();
      expectTypeOf(b).toBeAny();
    });
    untyped.emit("whatever", 1, "two", () => undefined);
    untyped.onAny((event: string, ...args: unknown[]) => [event, args]);
    expectTypeOf(untyped.emitWithAck("whatever", 1)).toEqualTypeOf<Promise<any>>(); // eslint-disable-line @typescript-eslint/no-explicit-any -- the point of the test
  });

  test("one map is used for both directions", () => {
    const both: Socket<ServerToClient> = io("http://127.0.0.1:1", options);
    both.on("note", (text) => expectTypeOf(text).toEqualTypeOf<string>());
    both.emit("note", "x", 1);
    // @ts-expect-error -- no such event
    both.emit("say", "x");
    both.disconnect();
  });
});

describe("Manager and io()", () => {
  test("the Manager knows its own events", () => {
    const manager = new Manager("http://127.0.0.1:1", options);
    manager.on("reconnect_attempt", (attempt) => expectTypeOf(attempt).toEqualTypeOf<number>());
    manager.on("reconnect", (attempt) => expectTypeOf(attempt).toEqualTypeOf<number>());
    manager.on("reconnect_error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    manager.on("error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    manager.on("open", () => undefined);
    manager.on("close", (reason) => expectTypeOf(reason).toExtend<string>());
    // @ts-expect-error -- it has no such event
    manager.on("note", () => undefined);
    const socket: TypedSocket = new Manager<ServerToClient, ClientToServer>("http://127.0.0.1:1", options).socket("/");
    expectTypeOf(socket.io).toEqualTypeOf<Manager<ServerToClient, ClientToServer>>();
  });

  test("options are named, and checked", () => {
    const all: Partial<ManagerOptions & SocketOptions> = {
      ...options,
      path: "/x",
      auth: { token: "x" },
      query: { a: "b" },
      transports: ["websocket", "polling"],
      upgrade: false,
      reconnectionAttempts: 3,
      reconnectionDelay: 1,
      reconnectionDelayMax: 2,
      randomizationFactor: 0,
      timeout: 5,
      withCredentials: true,
      extraHeaders: { a: "b" },
      retries: 3,
      ackTimeout: 1,
      forceNew: true,
      multiplex: false,
    };
    expectTypeOf(named).toEqualTypeOf(io);
    const calls = (): Socket[] => [
      io(all),
      io("x", all),
      io({ auth: (answer) => answer({ token: "x" }) }),
      new Manager("x", all).socket("/", { auth: {} }),
      // @ts-expect-error -- no such option
      io("x", { reconect: true }),
      // @ts-expect-error -- no number
      io("x", { reconnectionDelay: "1" }),
    ];
    expectTypeOf(calls).toBeFunction();
    expectTypeOf(Socket).not.toBeAny();
  });
});
