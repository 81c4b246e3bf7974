// On a server: a component that uses every hook is rendered to text, and nothing is opened by it. A real server stands by and counts.
import { io } from "@everwire/client";
import { startServer } from "@everwire/testkit";
import { createElement, type ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SocketProvider, useConnection, useEmit, useSocket, useSocketEvent, useSocketValue } from "@everwire/react";

let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const seen: object[] = [];

function Room({ url }: { url?: string }): ReactElement {
  const socket = useSocket(url as string, { transports: ["websocket"], forceNew: false });
  const { status } = useConnection(socket);
  const price = useSocketValue(socket, "price", 3) as number;
  const [, { status: said }] = useEmit(socket, "say");
  useSocketEvent(socket, "said", () => undefined);
  seen.push(socket);
  return createElement("p", null, `${status} ${price} ${said}`);
}

test("every hook renders, and opens nothing", async () => {
  let requests = 0;
  server.io.engine.on("initial_headers", () => (requests += 1));
  const pages = [1, 2].map(() => renderToString(createElement(Room, { url: server.url })));
  expect(pages).toEqual(["<p>connecting 3 idle</p>", "<p>connecting 3 idle</p>"]);
  // Two renders are for two people.
  expect(new Set(seen).size).toBe(2);

  // A round trip of another client's: what had been opened before it would have arrived.
  const other = io(server.url, { forceNew: true, transports: ["websocket"] });
  await new Promise((resolve) => other.on("connect", () => resolve(undefined)));
  expect(requests).toBe(1);
  other.disconnect();
});

test("a socket that was given is not touched", () => {
  const socket = io(server.url, { forceNew: true, autoConnect: false });
  const page = renderToString(createElement(SocketProvider, { socket }, createElement(Room)));
  expect(page).toBe("<p>connecting 3 idle</p>");
  expect([socket.active, socket.listeners("said"), socket.listeners("connect")]).toEqual([false, [], []]);
});

test("a socket that nobody gave is an error", () => {
  expect(() => renderToString(createElement(Room))).toThrow(
    expect.objectContaining({ code: "ERR_NO_SOCKET", message: expect.stringMatching(/^failed to find a socket: /) }),
  );
});
