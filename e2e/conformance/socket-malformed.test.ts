// Packets that no client should send. Each ends its own connection, with an error the application can see, and nothing else.
import { once, type RawMessage } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { serverUnderTest } from "./support.js";

const MALFORMED: { title: string; frames: RawMessage[] }[] = [
  { title: "an empty message", frames: ["4"] },
  { title: "an unknown type", frames: ["47"] },
  { title: "a type that is a letter", frames: ["4x"] },
  { title: "an event without a payload", frames: ["42"] },
  { title: "an event that is an object", frames: ["42{}"] },
  { title: "an event that is a string", frames: ['42"m"'] },
  { title: "an event that is a number", frames: ["425"] },
  { title: "an event without a name", frames: ["42[]"] },
  { title: "an event whose name is null", frames: ["42[null]"] },
  { title: "an event whose name is true", frames: ["42[true]"] },
  { title: "an event whose name is an object", frames: ['42[{"toString":"x"}]'] },
  { title: "an event whose name is an array", frames: ['42[["m"]]'] },
  { title: "JSON that ends too early", frames: ['42["m"'] },
  { title: "JSON with something behind it", frames: ['42["m"]x'] },
  { title: "the event connect", frames: ['42["connect"]'] },
  { title: "the event connect_error", frames: ['42["connect_error"]'] },
  { title: "the event disconnect", frames: ['42["disconnect"]'] },
  { title: "the event disconnecting", frames: ['42["disconnecting"]'] },
  { title: "the event newListener", frames: ['42["newListener"]'] },
  { title: "the event removeListener", frames: ['42["removeListener"]'] },
  { title: "an ack that is an object", frames: ["430{}"] },
  { title: "an ack without a payload", frames: ["430"] },
  { title: "a CONNECT_ERROR from a client", frames: ['44{"message":"x"}'] },
  { title: "a CONNECT whose payload is an array", frames: ["40[]"] },
  { title: "a CONNECT whose payload is a string", frames: ['40"x"'] },
  { title: "a DISCONNECT with a payload", frames: ["41{}"] },
  { title: "an event of a namespace that was not joined", frames: ['42/other,["m"]'] },
  { title: "binary that nobody announced", frames: [Buffer.from([1, 2, 3])] },
  { title: "text where an attachment should be", frames: ['451-["m",{"_placeholder":true,"num":0}]', '42["m"]'] },
  { title: "an attachment count without a dash", frames: ['451["m",{"_placeholder":true,"num":0}]'] },
  { title: "an attachment count that is no number", frames: ['45x-["m",{"_placeholder":true,"num":0}]'] },
  { title: "no attachment count", frames: ['45-["m",{"_placeholder":true,"num":0}]'] },
  { title: "zero attachments", frames: ['450-["m"]'] },
  { title: "eleven attachments", frames: ['4511-["m",{"_placeholder":true,"num":0}]'] },
  {
    title: "a placeholder beyond the attachments",
    frames: ['451-["m",{"_placeholder":true,"num":1}]', Buffer.from([1])],
  },
  { title: "a placeholder of no number", frames: ['451-["m",{"_placeholder":true,"num":"splice"}]', Buffer.from([1])] },
];

describe.each(MALFORMED)("$title", ({ frames }) => {
  test("ends the connection; other sockets go on", async () => {
    const { client, io } = await serverUnderTest();
    const other = await client.connected();
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    const heard: unknown[] = [];
    server.onAny((...args: unknown[]) => heard.push(args));
    const gone = once(server, "disconnect");
    for (const frame of frames) socket.send(frame);
    await gone;
    await socket.closed();
    expect(heard).toEqual([]);
    expect(io.engine.clientsCount).toBe(1);
    io.emit("still", "here");
    expect(await other.socket.nextText()).toBe('42["still","here"]');
    await other.socket.close();
  });
});

test("an undecodable packet is an error event on every socket of its connection, then forced close", async () => {
  const { client, io } = await serverUnderTest();
  const main = once<[Socket]>(io, "connection");
  const chat = once<[Socket]>(io.of("/chat"), "connection");
  const { socket } = await client.connected();
  socket.send("40/chat,");
  const servers = [(await main)[0], (await chat)[0]];
  const errors = servers.map((server) => once<[Error]>(server, "error"));
  const gone = servers.map((server) => once(server, "disconnect"));
  socket.send("42[null]");
  for (const [error] of await Promise.all(errors)) expect(error.message).toBe("invalid payload");
  for (const [reason] of await Promise.all(gone)) expect(reason).toBe("forced close");
  await socket.closed();
});

test("a protocol fault of a client is a forced server close", async () => {
  const { client, io } = await serverUnderTest();
  const connected = once<[Socket]>(io, "connection");
  const { socket } = await client.connected();
  const gone = once((await connected)[0], "disconnect");
  socket.send('42/other,["m"]');
  expect((await gone)[0]).toMatch(/^(forced server close|forced close|transport close)$/);
  await socket.closed();
});

describe("before any namespace is joined", () => {
  test.each(['42["m"]', "41", "430[]", "44{}", "4", "4abc", '451-["m",{"_placeholder":true,"num":0}]'])(
    "the packet %j ends the connection",
    async (packet) => {
      const { client, io } = await serverUnderTest({ connectTimeout: 300 });
      const socket = await client.websocket();
      socket.send(packet);
      await socket.closed();
      expect(io.engine.clientsCount).toBe(0);
    },
  );
});

test("over polling a malformed packet in the middle of a payload is the end: what stands behind it is not heard", async () => {
  const { client, io } = await serverUnderTest();
  const connected = once<[Socket]>(io, "connection");
  const polling = await client.polling();
  await polling.push("40");
  const [server] = await connected;
  await polling.next();
  const seen: string[] = [];
  server.onAny((event: string) => seen.push(event));
  const gone = once(server, "disconnect");
  const poll = polling.poll().catch((error: unknown) => error);
  await polling.push('42["one"]', "42[null]", '42["three"]').catch(() => undefined);
  await gone;
  await poll;
  expect(seen).not.toContain("three");
  polling.release();
});
