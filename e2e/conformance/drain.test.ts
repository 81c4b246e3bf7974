// Emptying a server before it goes: paced, bounded in time, and nothing that was sent is lost on the way.
import { httpRequest, once, turns, until } from "@everwire/testkit";
import { expect, test } from "vitest";
import { serverUnderTest } from "./support.js";

test("clients are told to move in batches, after what was sent to them, and new ones are refused", async () => {
  const { io, client } = await serverUnderTest();
  const reasons: string[] = [];
  io.on("connection", (socket) => {
    socket.on("disconnect", (reason) => reasons.push(reason));
  });
  const clients = await Promise.all(Array.from({ length: 5 }, () => client.connected()));
  io.emit("last", "word");
  let isDone = false;
  const drained = io.drain({ batch: 2, intervalMs: 5, deadlineMs: 5000 }).finally(() => (isDone = true));
  const refused = await httpRequest(client.url("polling"));
  expect(refused.status).toBe(503);
  for (const { socket } of clients) {
    expect(await socket.nextText()).toBe('42["last","word"]');
    await socket.closed();
  }
  expect(await drained).toEqual({ moved: 5, cut: 0 });
  expect(isDone).toBe(true);
  expect(reasons).toEqual(Array(5).fill("server shutting down"));
  expect(io.engine.clientsCount).toBe(0);
});

test("who does not go is cut off at the deadline", async () => {
  const { io, client } = await serverUnderTest();
  const { socket } = await client.connected();
  // Nobody reads: what is sent can't leave, and so the session can't close by itself.
  socket.ws.pause();
  await until(() => io.of("/").sockets.size === 1, "the socket");
  for (let i = 0; i < 100; i++) {
    io.emit("big", "x".repeat(100_000));
    await turns(1);
  }
  expect(await io.drain({ deadlineMs: 50 })).toEqual({ moved: 0, cut: 1 });
  expect(io.engine.clientsCount).toBe(0);
  socket.ws.terminate();
});

test("an empty server is drained at once, and its HTTP server stays", async () => {
  const { io, client } = await serverUnderTest();
  expect(await io.drain()).toEqual({ moved: 0, cut: 0 });
  expect((await httpRequest(client.url("polling"))).status).toBe(503);
});

test("a session that waits for its client gets its last messages if the client is back in time", async () => {
  const { io, client } = await serverUnderTest();
  const session = once<[{ on: (event: string, listener: () => void) => void }]>(io.engine, "connection");
  const socket = await client.websocket({ ew: "1" });
  socket.send("40");
  await socket.nextText();
  const [conn] = await session;
  const suspended = new Promise<void>((resolve) => conn.on("suspend", resolve));
  socket.ws.terminate();
  await suspended;
  io.emit("last", "word");
  const drained = io.drain({ deadlineMs: 5000 });
  const query = { ew: "1", sid: socket.handshake.sid, resume: "1", leg: "1" };
  const again = await client.socket(query);
  expect((await again.nextText()).startsWith("0{")).toBe(true);
  expect(await again.nextText()).toBe('42["last","word"]');
  await again.closed();
  expect(await drained).toEqual({ moved: 1, cut: 0 });
});
