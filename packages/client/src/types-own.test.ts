// Where the types say more than those of the stock client, on purpose. The rules that both share are in types.test.ts.
import { describe, expectTypeOf, test } from "vitest";
import { io, Manager, type Socket } from "@everwire/client";

interface ServerToClient {
  note: (text: string) => void;
}

interface ClientToServer {
  sum: (a: number, b: number, done: (sum: number) => void) => void;
  measure: (done: (width: number, height: number) => void) => void;
  greet: (name: string, done?: (text: string) => void) => void;
}

type TypedSocket = Socket<ServerToClient, ClientToServer>;

/** Compiled, never run. */
const compiles = (check: (socket: TypedSocket) => unknown): void => {
  expectTypeOf(check).toBeFunction();
};

describe("typed events that are checked more closely", () => {
  test("emitWithAck() knows its value after timeout(), and that of an answer with several", () => {
    compiles((socket) => {
      expectTypeOf(socket.timeout(1).emitWithAck("sum", 1, 2)).toEqualTypeOf<Promise<number>>();
      expectTypeOf(socket.emitWithAck("measure")).toEqualTypeOf<Promise<number>>();
    });
  });

  test("an acknowledgement may be left out, and has its error after timeout()", () => {
    compiles((socket) => {
      socket.emit("greet", "x");
      expectTypeOf(socket.emitWithAck("greet", "x")).toEqualTypeOf<Promise<string>>();
      socket.timeout(1).emit("greet", "x", (error, text) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(text).toEqualTypeOf<string>();
      });
    });
  });

  test("a Manager hands its event maps to its sockets", () => {
    const make = (): unknown => {
      const manager = new Manager<ServerToClient, ClientToServer>("http://127.0.0.1:1");
      expectTypeOf(manager.socket("/")).toEqualTypeOf<TypedSocket>();
      return manager;
    };
    expectTypeOf(make).toBeFunction();
    expectTypeOf(io.connect).toBeFunction();
  });
});
