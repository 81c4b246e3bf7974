// Where the types say more than those of the stock server, on purpose: each is closer to what happens at run time. The rules that
// both share are in types.test.ts.
import { describe, expectTypeOf, it } from "vitest";
import { BroadcastOperator, type Namespace, RemoteSocket, type Server, type Socket } from "@everwire/server";

interface ClientToServer {
  text: (text: string) => void;
}
interface ServerToClient {
  confirm: (id: string, answer: (ok: boolean) => void) => void;
  greet: (name: string, answer?: (text: string) => void) => void;
  done: (answer: () => void) => void;
  risky: (answer: (error: Error, ok: boolean) => void) => void;
  two: (progress: (percent: number) => void, answer: (ok: boolean) => void) => void;
}
interface Data {
  user: string;
}

type TypedServer = Server<ClientToServer, ServerToClient, Record<string, never>, Data>;
type TypedSocket = Socket<ClientToServer, ServerToClient, Record<string, never>, Data>;

/** Compiled, never run. */
const compiles = (check: (io: TypedServer, socket: TypedSocket) => unknown): void => {
  expectTypeOf(check).toBeFunction();
};

describe("typed events that are checked more closely", () => {
  it("refuse an acknowledged broadcast without a timeout, which would be over at once", () => {
    compiles((io, socket) => {
      // @ts-expect-error -- asks for an answer
      io.of("/n").emit("confirm", "id", () => undefined);
      // @ts-expect-error -- asks for an answer
      io.to("room").emit("confirm", "id", () => undefined);
      // @ts-expect-error -- asks for an answer
      socket.to("room").emit("confirm", "id", () => undefined);
      // @ts-expect-error -- asks for an answer
      socket.broadcast.emit("confirm", "id", () => undefined);
      // @ts-expect-error -- asks for an answer
      void io.in("room").emitWithAck("confirm", "id");
    });
  });

  it("know an acknowledgement that may be left out", () => {
    compiles((io, socket) => {
      io.to("room").emit("greet", "x");
      socket.emit("greet", "x");
      socket.emit("greet", "x", (text) => expectTypeOf(text).toEqualTypeOf<string>());
      expectTypeOf(socket.emitWithAck("greet", "x")).toEqualTypeOf<Promise<string>>();
      socket.timeout(10).emit("greet", "x", (error, text) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(text).toEqualTypeOf<string>();
      });
      io.timeout(10).emit("greet", "x", (error, texts) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(texts).toEqualTypeOf<string[]>();
      });
    });
  });

  it("give a list to the acknowledgement of a broadcast that has no value", () => {
    compiles((io) => {
      io.timeout(10).emit("done", (error, answers) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(answers).toEqualTypeOf<undefined[]>();
      });
    });
  });

  it("put the error into the acknowledgement alone, not into other callbacks", () => {
    compiles((_io, socket) => {
      socket.timeout(10).emit(
        "two",
        (percent) => expectTypeOf(percent).toEqualTypeOf<number>(),
        (error, ok) => {
          expectTypeOf(error).toEqualTypeOf<Error>();
          expectTypeOf(ok).toEqualTypeOf<boolean>();
        },
      );
    });
  });

  it("take an error that the map names to be that of the timeout, as the stock server does", () => {
    compiles((io, socket) => {
      socket.timeout(10).emit("risky", (error, ok) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(ok).toEqualTypeOf<boolean>();
      });
      expectTypeOf(socket.timeout(10).emitWithAck("risky")).toEqualTypeOf<Promise<boolean>>();
      expectTypeOf(io.timeout(10).emitWithAck("risky")).toEqualTypeOf<Promise<boolean[]>>();
    });
  });

  it("keep the type of the data in namespaces that a server names", () => {
    compiles((io, socket) => {
      io.on("new_namespace", (namespace) =>
        expectTypeOf(namespace).toEqualTypeOf<Namespace<ClientToServer, ServerToClient, Record<string, never>, Data>>(),
      );
      expectTypeOf(socket.nsp.sockets.get("x")?.data).toEqualTypeOf<Data | undefined>();
      io.on("listener_error", (error, context) => {
        expectTypeOf(error).toEqualTypeOf<unknown>();
        expectTypeOf(context.event).toEqualTypeOf<string | undefined>();
      });
    });
  });

  it("have two more classes as values", () => {
    expectTypeOf(BroadcastOperator).instance.toHaveProperty("emitWithAck");
    expectTypeOf(RemoteSocket).instance.toHaveProperty("emitWithAck");
  });
});
