// The rules of typed events, checked by the compiler: what is wrong here fails in `tsc`, and the run itself proves little. The file
// is compiled against the stock server's typings too (e2e/interop/moving-types.test.ts), so it imports the package by its name and
// asks for nothing that only we have: that stands in types-own.test.ts.
import { describe, expectTypeOf, it } from "vitest";
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  Namespace,
  type RemoteSocket,
  Server,
  Socket,
} from "@everwire/server";

interface ClientToServer {
  noArgs: () => void;
  text: (text: string) => void;
  ask: (question: string, answer: (value: number) => void) => void;
}
interface ServerToClient {
  news: (headline: string, count: number) => void;
  plain: () => void;
  upload: (name: string, bytes: Buffer) => void;
  optional: (first: string, second?: number) => void;
  confirm: (id: string, answer: (ok: boolean) => void) => void;
  greet: (name: string, answer?: (text: string) => void) => void;
  measure: (answer: (width: number, height: number) => void) => void;
}
interface BetweenServers {
  ping: (n: number) => void;
  count: (answer: (n: number) => void) => void;
}
interface Data {
  user: string;
  admin: boolean;
}

type TypedServer = Server<ClientToServer, ServerToClient, BetweenServers, Data>;
type TypedNamespace = Namespace<ClientToServer, ServerToClient, BetweenServers, Data>;
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
        answer(1);
        // @ts-expect-error -- the answer is a number
        answer("1");
      });
      socket.once("noArgs", () => undefined);
      // @ts-expect-error -- no such event
      socket.on("unknown", () => undefined);
      // @ts-expect-error -- an event of the other direction
      socket.on("news", () => undefined);
      // @ts-expect-error -- the listener wants what the event does not have
      socket.on("text", (text: number) => text);
      expectTypeOf(socket.listeners("text")).toEqualTypeOf<((text: string) => void)[]>();
      expectTypeOf(socket.on("noArgs", () => undefined)).toEqualTypeOf<TypedSocket>();
    });
  });

  it("type a socket's own events", () => {
    compiles((_io, socket) => {
      socket.on("disconnect", (reason, description) => {
        expectTypeOf(reason).toEqualTypeOf<DisconnectReason>();
        expectTypeOf(description).toBeAny();
      });
      socket.on("disconnecting", (reason) => expectTypeOf(reason).toEqualTypeOf<DisconnectReason>());
      socket.on("error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    });
  });

  it("type what a socket emits, acknowledgements included", () => {
    compiles((_io, socket) => {
      expectTypeOf(socket.emit("news", "x", 1)).toEqualTypeOf<boolean>();
      socket.emit("plain");
      socket.emit("upload", "x", Buffer.from([1]));
      socket.emit("optional", "x");
      socket.emit("optional", "x", 2);
      socket.emit("confirm", "id", (ok) => expectTypeOf(ok).toEqualTypeOf<boolean>());
      socket.emit("measure", (width, height) => expectTypeOf([width, height]).toEqualTypeOf<number[]>());
      // @ts-expect-error -- an argument is missing
      socket.emit("news", "x");
      // @ts-expect-error -- a number is no text
      socket.emit("news", 1, 1);
      // @ts-expect-error -- one argument too many
      socket.emit("plain", 1);
      // @ts-expect-error -- of the other direction
      socket.emit("text", "x");
      // @ts-expect-error -- the answer is no text
      socket.emit("confirm", "id", (ok: string) => ok);
      expectTypeOf(socket.volatile).toEqualTypeOf<TypedSocket>();
      expectTypeOf(socket.compress(true)).toEqualTypeOf<TypedSocket>();
    });
  });

  it("put an error first into acknowledgements after timeout()", () => {
    compiles((_io, socket) => {
      socket.timeout(10).emit("confirm", "id", (error, ok) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(ok).toEqualTypeOf<boolean>();
      });
      socket.timeout(10).emit("measure", (error, width, height) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf([width, height]).toEqualTypeOf<number[]>();
      });
      socket.timeout(10).emit("news", "x", 1);
      socket.volatile
        .timeout(10)
        .compress(false)
        .emit("confirm", "id", (error) => {
          expectTypeOf(error).toEqualTypeOf<Error>();
        });
      // @ts-expect-error -- the first argument is an error now
      socket.timeout(10).emit("confirm", "id", (ok: boolean) => ok);
    });
  });

  it("derive what emitWithAck() promises from the acknowledgement", () => {
    compiles((_io, socket) => {
      expectTypeOf(socket.emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean>>();
      expectTypeOf(socket.emitWithAck("measure")).toEqualTypeOf<Promise<number>>();
      expectTypeOf(socket.timeout(10).emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean>>();
      // @ts-expect-error -- can't be acknowledged
      void socket.emitWithAck("news", "x", 1);
      // @ts-expect-error -- its argument is missing
      void socket.emitWithAck("confirm");
    });
  });

  it("exclude acknowledged events from broadcasts, unless there is a timeout", () => {
    compiles((io, socket) => {
      io.emit("news", "x", 1);
      io.to("room").emit("plain");
      io.of("/n").emit("news", "x", 1);
      io.except("room")
        .local.volatile.compress(true)
        .emit("upload", "x", Buffer.from([1]));
      socket.broadcast.emit("news", "x", 1);
      io.emit("greet", "x");
      // @ts-expect-error -- asks for an answer
      io.emit("confirm", "id", () => undefined);
      io.timeout(10).emit("confirm", "id", () => undefined);
    });
  });

  it("give the acknowledgements of broadcasts an error and a list of answers", () => {
    compiles((io, socket) => {
      for (const operator of [io.timeout(10), io.to("room").timeout(10), io.of("/n").in(["a", "b"]).timeout(10)]) {
        operator.emit("news", "x", 1);
        operator.emit("confirm", "id", (error, oks) => {
          expectTypeOf(error).toEqualTypeOf<Error>();
          expectTypeOf(oks).toEqualTypeOf<boolean[]>();
        });
        expectTypeOf(operator.emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean[]>>();
        // @ts-expect-error -- can't be acknowledged
        void operator.emitWithAck("news", "x", 1);
      }
      socket.broadcast.timeout(10).emit("confirm", "id", (error, oks) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(oks).toEqualTypeOf<boolean[]>();
      });
      expectTypeOf(socket.to("room").timeout(10).emitWithAck("confirm", "id")).toEqualTypeOf<Promise<boolean[]>>();
    });
  });

  it("type connections and middlewares", () => {
    compiles((io) => {
      io.on("connection", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
      io.of("/n").on("connect", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
      io.of("/n", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
      io.use((socket, next) => {
        expectTypeOf(socket).toEqualTypeOf<TypedSocket>();
        next(Object.assign(new Error("no"), { data: 1 }));
        next();
        // @ts-expect-error -- a number is no error
        next(1);
      });
      io.of("/n").use((socket, next) => {
        const error: ExtendedError = new Error("no");
        error.data = { hint: "later" };
        next(socket.data.admin ? undefined : error);
      });
      io.on("new_namespace", (namespace) => expectTypeOf(namespace.name).toEqualTypeOf<string>());
      io.on("connection", (socket) => {
        socket.use(([event, ...args], next) => {
          expectTypeOf(event).toEqualTypeOf<string>();
          next(args.length > 0 ? new Error("refused") : undefined);
        });
        socket.use((event: Event, next) => {
          expectTypeOf(event[0]).toEqualTypeOf<string>();
          next();
        });
      });
    });
  });

  it("type the data of sockets, here and elsewhere", () => {
    compiles((io, socket) => {
      expectTypeOf(socket.data).toEqualTypeOf<Data>();
      socket.data.user = "Ada";
      // @ts-expect-error -- the name is a text
      socket.data.user = 1;
      expectTypeOf(socket.data).not.toHaveProperty("nothing");
      expectTypeOf(io.fetchSockets()).toEqualTypeOf<Promise<RemoteSocket<ServerToClient, Data>[]>>();
      void io
        .in("room")
        .fetchSockets()
        .then((sockets) => {
          for (const remote of sockets) {
            expectTypeOf(remote.data).toEqualTypeOf<Data>();
            expectTypeOf(remote.id).toEqualTypeOf<string>();
            expectTypeOf(remote.rooms).toEqualTypeOf<Set<string>>();
          }
        });
      void io.fetchSockets().then(([remote]) => {
        remote?.emit("news", "x", 1);
        // @ts-expect-error -- of the other direction
        remote?.emit("text", "x");
        remote?.timeout(10).emit("confirm", "id", (error, ok) => {
          expectTypeOf(error).toEqualTypeOf<Error>();
          expectTypeOf(ok).toEqualTypeOf<boolean>();
        });
      });
    });
  });

  it("type events between servers", () => {
    compiles((io) => {
      io.on("ping", (n) => expectTypeOf(n).toEqualTypeOf<number>());
      io.of("/n").on("ping", (n) => expectTypeOf(n).toEqualTypeOf<number>());
      io.serverSideEmit("ping", 1);
      io.of("/n").serverSideEmit("ping", 1);
      io.on("count", (answer) => answer(1));
      io.serverSideEmit("count", (error, counts) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(counts).toEqualTypeOf<number[]>();
      });
      expectTypeOf(io.serverSideEmitWithAck("count")).toEqualTypeOf<Promise<number[]>>();
      // @ts-expect-error -- no such event
      io.serverSideEmit("news", "x", 1);
      // @ts-expect-error -- a text is no number
      io.serverSideEmit("ping", "1");
      // @ts-expect-error -- can't be acknowledged
      void io.serverSideEmitWithAck("ping", 1);
    });
  });

  it("hold for namespaces and their parents, which may have maps of their own", () => {
    interface AdminToServer {
      kick: (id: string) => void;
    }
    interface ServerToAdmin {
      kicked: (id: string) => void;
    }
    compiles((io) => {
      expectTypeOf(io.of("/n")).toEqualTypeOf<TypedNamespace>();
      expectTypeOf(io.sockets).toEqualTypeOf<TypedNamespace>();
      expectTypeOf(io.of("/n").sockets).toEqualTypeOf<Map<string, TypedSocket>>();
      const parent = io.of(/^\/tenant-\d+$/);
      parent.on("connection", (socket) => {
        expectTypeOf(socket).toEqualTypeOf<TypedSocket>();
        expectTypeOf(socket.nsp.name).toEqualTypeOf<string>();
      });
      parent.use((socket, next) => {
        expectTypeOf(socket).toEqualTypeOf<TypedSocket>();
        next();
      });
      parent.to("room").emit("news", "x", 1);
      // @ts-expect-error -- of the other direction
      parent.emit("text", "x");
      io.of((name, auth, next) => {
        expectTypeOf(name).toEqualTypeOf<string>();
        next(null, auth["tenant"] !== undefined);
      }).on("connection", (socket) => expectTypeOf(socket).toEqualTypeOf<TypedSocket>());
    });
    const own = (io: Server): void => {
      const admin: Namespace<AdminToServer, ServerToAdmin, DefaultEventsMap, Data> = io.of("/admin");
      admin.on("connection", (socket) => {
        socket.on("kick", (id) => expectTypeOf(id).toEqualTypeOf<string>());
        socket.emit("kicked", "x");
        expectTypeOf(socket.data).toEqualTypeOf<Data>();
        // @ts-expect-error -- no such event
        socket.on("news", () => undefined);
      });
    };
    expectTypeOf(own).toBeFunction();
  });

  it("let anything pass where no map was given", () => {
    const check = (io: Server, socket: Socket): void => {
      socket.on("anything", (a, b) => {
        expectTypeOf(a).toBeAny();
        expectTypeOf(b).toBeAny();
      });
      socket.emit("anything", 1, "b", (answer: number) => answer);
      expectTypeOf(socket.emitWithAck("anything", 1)).resolves.toBeAny();
      io.emit("anything", 1);
      io.timeout(1).emit("anything", (error: Error, answers: number[]) => [error, answers]);
      io.serverSideEmit("anything", 1, (error: Error, answers: number[]) => [error, answers]);
      expectTypeOf(socket.data).toBeAny();
      const main: Namespace = io.of("/");
      const typed: Namespace<ClientToServer, ServerToClient, BetweenServers, Data> = io.of("/typed");
      expectTypeOf([main.name, typed.name]).toEqualTypeOf<string[]>();
      io.on("connection", (one) => {
        expectTypeOf(one).toEqualTypeOf<Socket>();
        expectTypeOf(one.data).toBeAny();
        one.on("disconnect", (reason) => expectTypeOf(reason).toEqualTypeOf<DisconnectReason>());
        one.onAny((event, ...args) => [event, args]);
        one.onAnyOutgoing((event, ...args) => [event, args]);
        one.send("x");
      });
    };
    expectTypeOf(check).toBeFunction();
  });

  it("use one map for both directions where only one was given", () => {
    const check = (io: Server<ServerToClient>): void => {
      io.on("connection", (socket) => {
        socket.on("news", (headline, count) => {
          expectTypeOf(headline).toEqualTypeOf<string>();
          expectTypeOf(count).toEqualTypeOf<number>();
        });
        socket.emit("news", "x", 1);
        // @ts-expect-error -- no such event
        socket.emit("text", "x");
      });
    };
    expectTypeOf(check).toBeFunction();
  });

  it("have classes as values too", () => {
    expectTypeOf(Server).toBeConstructibleWith(3000, { pingInterval: 1 });
    expectTypeOf(Server).toBeConstructibleWith({ connectionStateRecovery: { maxDisconnectionDuration: 1 } });
    expectTypeOf(Namespace).instance.toHaveProperty("adapter");
    expectTypeOf(Socket).instance.toHaveProperty("handshake");
    expectTypeOf<BroadcastOperator<ServerToClient, Data>>().not.toBeAny();
  });
});
