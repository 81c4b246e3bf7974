// The names that users import, from the package and from its engine: none may go missing.
import { expect, test } from "vitest";
import * as client from "@everwire/client";
import * as engine from "@everwire/client/engine";

test("the package exports io, its parts, and the transport classes", () => {
  for (const name of ["io", "connect", "default", "Manager", "Socket", "Fetch", "XHR", "NodeXHR"] as const)
    expect(client[name], name).toBeTypeOf("function");
  expect([client.WebSocket, client.NodeWebSocket, client.WebTransport]).toEqual([
    engine.WebSocket,
    engine.NodeWebSocket,
    engine.WebTransport,
  ]);
  expect(client.protocol).toBe(5);
});

test("the engine exports the session, the transports, and what helps to write one", () => {
  for (const name of ["Socket", "Transport", "TransportError", "parse", "installTimerFunctions", "nextTick"] as const)
    expect(engine[name], name).toBeTypeOf("function");
  for (const name of ["Fetch", "XHR", "NodeXHR", "WebSocket", "NodeWebSocket", "WebTransport"] as const)
    expect(engine[name].prototype, name).toBeInstanceOf(engine.Transport);
  expect(Object.keys(engine.transports)).toEqual(["polling", "websocket", "webtransport"]);
  expect([engine.protocol, engine.Socket.protocol]).toEqual([4, 4]);
});
