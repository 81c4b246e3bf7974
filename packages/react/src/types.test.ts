// What the compiler makes of the hooks over typed events; `tsc -p tsconfig.test.json` is what can fail here. The component is rendered
// once, to show that it is reached.
import type { Socket } from "@everwire/client";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, expectTypeOf, test } from "vitest";
import { SocketProvider, useConnection, useEmit, useSocket, useSocketEvent, useSocketValue } from "@everwire/react";
import type { Connection, ConnectionStatus, EmitState } from "@everwire/react";

interface ServerToClient {
  note: (text: string, count: number) => void;
  ask: (question: string, answer: (text: string) => void) => void;
}

interface ClientToServer {
  say: (text: string) => void;
  sum: (a: number, b: number, done: (sum: number) => void) => void;
  save: (text: string, done: (error: Error | null, id: string) => void) => void;
}

function Typed(): null {
  const socket = useSocket<ServerToClient, ClientToServer>("http://127.0.0.1:1");
  expectTypeOf(socket).toEqualTypeOf<Socket<ServerToClient, ClientToServer>>();
  expectTypeOf(useSocket("http://127.0.0.1:1")).toEqualTypeOf<Socket>();

  useSocketEvent(socket, "note", (text, count) => {
    expectTypeOf(text).toEqualTypeOf<string>();
    expectTypeOf(count).toEqualTypeOf<number>();
  });
  useSocketEvent(socket, "ask", (_question, answer) => {
    expectTypeOf(answer).toEqualTypeOf<(text: string) => void>();
  });
  useSocketEvent(socket, "disconnect", (reason) => {
    expectTypeOf(reason).toEqualTypeOf<Socket.DisconnectReason>();
  });
  useSocketEvent(socket, "connect_error", (error) => {
    expectTypeOf(error.message).toEqualTypeOf<string>();
  });
  // @ts-expect-error -- the server never sends it
  useSocketEvent(socket, "say", () => undefined);
  // @ts-expect-error -- the listener wants what the event does not have
  useSocketEvent(socket, "note", (text: number) => text);

  expectTypeOf(useSocketValue(socket, "note")).toEqualTypeOf<string | undefined>();
  expectTypeOf(useSocketValue(socket, "note", 0 as const)).toEqualTypeOf<string | 0>();
  // @ts-expect-error -- the server never sends it
  useSocketValue(socket, "say");

  const connection = useConnection(socket);
  expectTypeOf(connection).toEqualTypeOf<Connection>();
  expectTypeOf(connection.status).toEqualTypeOf<ConnectionStatus>();
  expectTypeOf(connection.reason).toEqualTypeOf<Socket.DisconnectReason | undefined>();

  const [add, sum] = useEmit(socket, "sum", { timeoutMs: 5000 });
  expectTypeOf(add).toEqualTypeOf<(a: number, b: number) => Promise<number>>();
  expectTypeOf(sum).toEqualTypeOf<EmitState<number>>();
  if (sum.status === "answered") expectTypeOf(sum.answer).toEqualTypeOf<number>();
  if (sum.status === "failed") expectTypeOf(sum.error).toEqualTypeOf<Error>();
  // @ts-expect-error -- two numbers
  expectTypeOf(add).toBeCallableWith("a", "b");
  // @ts-expect-error -- nobody answers it
  useEmit(socket, "say");
  return null;
}

function Untyped(): null {
  const socket = useSocket();
  useSocketEvent(socket, "anything", (...args) => {
    expectTypeOf(args[0]).toBeAny();
  });
  expectTypeOf(useSocketValue(socket, "anything")).toBeAny();
  const [emit] = useEmit(socket, "anything");
  expectTypeOf(emit).returns.resolves.toBeAny();
  return null;
}

function Both(): ReturnType<typeof createElement> {
  const socket = useSocket<ServerToClient, ClientToServer>("http://127.0.0.1:1");
  return createElement(SocketProvider<ServerToClient, ClientToServer>, { socket }, [
    createElement(Typed, { key: 1 }),
    createElement(Untyped, { key: 2 }),
  ]);
}

test("the hooks know the events of the socket that they are given", () => {
  expect(renderToString(createElement(Both))).toBe("");
});
