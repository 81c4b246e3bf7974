// The rules of typed events, checked by the compiler: what is wrong here fails in `tsc`, and the run itself proves little.
import { describe, expectTypeOf, it } from "vitest";
import { BroadcastOperator } from "./broadcast.js";
import type { Namespace } from "./namespace.js";
import type { RemoteSocket } from "./remote-socket.js";
import { Server } from "./server.js";
import type { Socket } from "./socket.js";
import type { DisconnectReason } from "./socket-base.js";

interface ClientToServer {
  noArgs: () => void;
  text: (text: string) => void;
  ask: (question: string, answer: (value: number) => void) => void;
}
interface ServerToClient {
  news: (headline: string, count: number) => void;
  plain: () => void;
  confirm: (id: string, answer: (ok: boolean) => void) => void;
  risky: (answer: (error: Error, ok: boolean) => void) => void;
}
interface BetweenServers {
  ping: (n: number) => void;
  count: (answer: (n: number) => void) => void;
}
interface Data {
  user: string;
}

type TypedServer = Server<ClientToServer, ServerToClient, BetweenServers, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, BetweenServers, Data>;

/** Compiled, never run. */
const compiles = (check: (io: TypedServer, socket: TypedSocket) => unknown): void => {
  expectTypeOf(check).toBeFunction();
};

describe("typed events", () => {
  it("type the listeners of a socket by name", () => {
    compiles((_io, socket) => {
      socket.on("text", (text) => expectTypeOf(text).toEqualTypeOf<string>());
      socket.on("ask", (question, answer) => {
        expectTypeOf(question).toEqualTypeOf<string>();
        expectTypeOf(answer).toEqualTypeOf<(value: number) => void>();
      });
      socket.once("noArgs", () => undefined);
      socket.on("disconnect", (reason) => expectTypeOf(reason).toExtend<string>());
      socket.on("disconnecting", (reason) => expectTypeOf(reason).toExtend<string>());
      socket.on("error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
      // @ts-expect-error -- no such event
      socket.on("unknown", () => undefined);
      // @ts-expect-error -- the listener wants what the event does not have
      socket.on("text", (text: number) => text);
      expectTypeOf(socket.data).toEqualTypeOf<Data>();
      expectTypeOf(socket.listeners("text")).toEqualTypeOf<((text: string) => void)[]>();
    });
  });

  it("type what a socket emits, acknowledgements included", () => {
    compiles((_io, socket) => {
      socket.emit("news", "x", 1);
      socket.emit("plain");
      socket.emit("confirm", "id", (ok) => expectTypeOf(ok).toEqualTypeOf<boolean>());
      // @ts-expect-error -- an argument is missing
      socket.emit("news", "x");
      // @ts-expect-error -- of the other direction
      socket.emit("text", "x");
      // @ts-expect-error -- the answer is no text
      socket.emit("confirm", "id", (ok: string) => ok);
      socket.timeout(10).emit("confirm", "id", (error, ok) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(ok).toEqualTypeOf<boolean>();
      });
      expectTypeOf(socket.emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean>>();
      expectTypeOf(socket.timeout(10).emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean>>();
      expectTypeOf(socket.emitWithAck("risky")).toEqualTypeOf<Promise<boolean>>();
      // @ts-expect-error -- can't be acknowledged
      void socket.emitWithAck("news", "x", 1);
      expectTypeOf(socket.volatile).toEqualTypeOf<TypedSocket>();
    });
  });

  it("exclude acknowledged events from broadcasts, unless there is a timeout", () => {
    compiles((io, socket) => {
      io.emit("news", "x", 1);
      io.to("room").emit("plain");
      io.of("/n").emit("news", "x", 1);
      socket.broadcast.emit("news", "x", 1);
      // @ts-expect-error -- asks for an answer
      io.emit("confirm", "id", () => undefined);
      // @ts-expect-error -- asks for an answer
      io.to("room").emit("confirm", "id", () => undefined);
      // @ts-expect-error -- asks for an answer
      socket.to("room").emit("confirm", "id", () => undefined);
      for (const operator of [io.timeout(10), io.to("room").timeout(10), socket.broadcast.timeout(10)]) {
        operator.emit("news", "x", 1);
        operator.emit("confirm", "id", (error, oks) => {
          expectTypeOf(error).toEqualTypeOf<Error>();
          expectTypeOf(oks).toEqualTypeOf<boolean[]>();
        });
        expectTypeOf(operator.emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean[]>>();
        // @ts-expect-error -- can't be acknowledged
        void operator.emitWithAck("news", "x", 1);
      }
    });
  });

  it("type connections, middlewares and fetched sockets", () => {
    compiles((io) => {
      io.on("connection", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
      io.of("/n").on("connect", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
      io.of("/n", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
      io.use((socket, next) => {
        expectTypeOf(socket).toEqualTypeOf<TypedSocket>();
        next(Object.assign(new Error("no"), { data: 1 }));
      });
      io.on("new_namespace", (namespace) => expectTypeOf(namespace.sockets.size).toEqualTypeOf<number>());
      io.on("listener_error", (error, context) => {
        expectTypeOf(error).toEqualTypeOf<unknown>();
        expectTypeOf(context.event).toEqualTypeOf<string | undefined>();
      });
      expectTypeOf(io.fetchSockets()).toEqualTypeOf<Promise<RemoteSocket<ServerToClient, Data>[]>>();
      void io.fetchSockets().then(([remote]) => {
        remote?.emit("news", "x", 1);
        remote?.timeout(10).emit("confirm", "id", (error, ok) => {
          expectTypeOf(error).toEqualTypeOf<Error>();
          expectTypeOf(ok).toEqualTypeOf<boolean>();
        });
        expectTypeOf(remote?.data).toEqualTypeOf<Data | undefined>();
      });
    });
  });

  it("type events between servers", () => {
    compiles((io) => {
      io.on("ping", (n) => expectTypeOf(n).toEqualTypeOf<number>());
      io.serverSideEmit("ping", 1);
      io.serverSideEmit("count", (error, counts) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(counts).toEqualTypeOf<number[]>();
      });
      expectTypeOf(io.serverSideEmitWithAck("count")).toEqualTypeOf<Promise<number[]>>();
      // @ts-expect-error -- no such event
      io.serverSideEmit("news", "x", 1);
      // @ts-expect-error -- a text is no number
      io.serverSideEmit("ping", "1");
    });
  });

  it("let anything pass where no map was given", () => {
    const check = (io: Server, socket: Socket): void => {
      socket.on("anything", (a, b) => [a, b]);
      socket.emit("anything", 1, "b", (answer: number) => answer);
      io.emit("anything", 1);
      io.timeout(1).emit("anything", (error: Error, answers: number[]) => [error, answers]);
      expectTypeOf(socket.data).toBeAny();
      expectTypeOf(io.of("/")).toEqualTypeOf<Namespace>();
      io.on("connection", (one) => {
        expectTypeOf(one).toEqualTypeOf<Socket>();
        expectTypeOf(one.data).toBeAny();
        one.on("disconnect", (reason) => expectTypeOf(reason).toEqualTypeOf<DisconnectReason>());
        one.use(([event, ...args], next) => {
          expectTypeOf(event).toBeString();
          next(args.length > 0 ? new Error("refused") : undefined);
        });
      });
      new Server<ServerToClient>().on("connection", (one) => {
        one.on("news", (headline, count) => expectTypeOf([headline, count]).toEqualTypeOf<(string | number)[]>());
        one.emit("news", "x", 1);
      });
      const typed: Namespace<ClientToServer, ServerToClient, BetweenServers, Data> = io.of("/typed");
      expectTypeOf(typed.name).toBeString();
      socket.send("x");
    };
    expectTypeOf(check).toBeFunction();
  });

  it("have classes as values too", () => {
    expectTypeOf(Server).toBeConstructibleWith(3000, { pingInterval: 1 });
    expectTypeOf(Server).toBeConstructibleWith({ connectionStateRecovery: { maxDisconnectionDuration: 1 } });
    expectTypeOf(BroadcastOperator).not.toBeAny();
  });
});
