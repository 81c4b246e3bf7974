// What the compiler makes of typed events; `tsc -p tsconfig.test.json` is what can fail here, the runs only prove that it is reached.
import { afterAll, describe, expectTypeOf, test } from "vitest";
import io, { Manager, type Socket } from "@everwire/client";

interface ServerToClient {
  note: (text: string, count: number) => void;
  ask: (question: string, answer: (text: string) => void) => void;
}

interface ClientToServer {
  say: (text: string) => void;
  sum: (a: number, b: number, done: (sum: number) => void) => void;
  careful: (done: (error: Error | null, value: boolean) => void) => void;
}

const options = { autoConnect: false } as const;
const typed: Socket<ServerToClient, ClientToServer> = io("http://127.0.0.1:1", options);
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
  });

  test("knows its own events", () => {
    typed.on("connect", () => undefined);
    typed.on("connect_error", (error) => expectTypeOf(error).toExtend<Error>());
    typed.on("disconnect", (reason, details) => {
      expectTypeOf<"io server disconnect">().toExtend<typeof reason>();
      expectTypeOf(details).toEqualTypeOf<unknown>();
    });
  });

  test("knows the arguments of emit()", () => {
    typed.emit("say", "x");
    typed.emit("sum", 1, 2, (sum) => expectTypeOf(sum).toEqualTypeOf<number>());
    // @ts-expect-error -- a number is no text
    typed.emit("say", 1);
    // @ts-expect-error -- the client never sends it
    typed.emit("note", "x", 1);
    expectTypeOf<Parameters<typeof typed.emit<"sum">>>().toEqualTypeOf<
      ["sum", number, number, (sum: number) => void]
    >();
  });

  test("timeout() puts an error first", () => {
    typed.timeout(1000).emit("sum", 1, 2, (error, sum) => {
      expectTypeOf(error).toEqualTypeOf<Error>();
      expectTypeOf(sum).toEqualTypeOf<number>();
    });
  });

  test("emitWithAck() promises the first argument of the answer that is no error", () => {
    const promises = (): unknown => [
      expectTypeOf(typed.emitWithAck("sum", 1, 2)).toEqualTypeOf<Promise<number>>(),
      expectTypeOf(typed.timeout(1).emitWithAck("sum", 1, 2)).toEqualTypeOf<Promise<number>>(),
      // @ts-expect-error -- nobody answers it
      typed.emitWithAck("say", "x"),
    ];
    expectTypeOf(promises).toBeFunction();
  });

  test("chains, keeping its types", () => {
    expectTypeOf(typed.volatile.compress(true)).toEqualTypeOf(typed);
    expectTypeOf(typed.connect().disconnect()).toEqualTypeOf(typed);
  });
});

describe("without event maps", () => {
  test("everything goes", () => {
    untyped.on("whatever", (a, b) => {
      expectTypeOf(a).toBeAny();
      expectTypeOf(b).toBeAny();
    });
    untyped.emit("whatever", 1, "two", () => undefined);
    expectTypeOf(untyped.emitWithAck("whatever", 1)).toEqualTypeOf<Promise<any>>(); // eslint-disable-line @typescript-eslint/no-explicit-any -- the point of the test
  });
});

describe("Manager", () => {
  test("hands its event maps to its sockets, and knows its own events", () => {
    const manager = new Manager<ServerToClient, ClientToServer>("http://127.0.0.1:1", options);
    expectTypeOf(manager.socket("/")).toEqualTypeOf<Socket<ServerToClient, ClientToServer>>();
    manager.on("reconnect_attempt", (attempt) => expectTypeOf(attempt).toEqualTypeOf<number>());
    manager.on("error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    // @ts-expect-error -- it has no such event
    manager.on("note", () => undefined);
  });
});
