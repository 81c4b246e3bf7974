// How often something is encoded: once for a broadcast, whatever the number of recipients and their transports; and not at all for nobody.
// The calls are counted in what a user can give: a parser, and data with a `toJSON`.
import { Decoder, Encoder, type Packet } from "@everwire/protocol";
import { RawWebSocket } from "@everwire/testkit";
import { expect, test } from "vitest";
import { Client, countedServer, PollingClient, settle, sizeOf, type CountedServer } from "./counted-server.js";

const RECIPIENTS = 20;
const THRESHOLD = 100;

/** A parser that is the usual one, and counts the events that it was asked to encode. */
function countingParser() {
  const counted = { events: 0 };
  class CountingEncoder extends Encoder {
    override encode(packet: Packet): ReturnType<Encoder["encode"]> {
      if (Array.isArray(packet.data)) counted.events += 1;
      return super.encode(packet);
    }
  }
  return { counted, parser: { Encoder: CountingEncoder, Decoder } };
}

/** Data that counts how often it was asked for its JSON. */
class Counted {
  asked = 0;
  toJSON(): string {
    this.asked += 1;
    return "x".repeat(2 * THRESHOLD);
  }
}

/** A recipient: what comes to it, until `count` messages have. */
type Recipient = (count: number) => Promise<unknown>;

const RECIPIENTS_BY: Record<string, (server: CountedServer) => Promise<Recipient>> = {
  WebSocket: async (server) => {
    const client = await Client.open(server);
    return (count) => client.read(count);
  },
  "WebSocket with a session that can be resumed": async (server) => {
    const client = await Client.open(server, { resume: true });
    return (count) => client.read(count);
  },
  "WebSocket with permessage-deflate": async (server) => {
    const wire = await deflating(server);
    return async (count) => {
      for (let index = 0; index < count; index += 1) await wire.next();
    };
  },
  polling: async (server) => {
    const client = await PollingClient.open(server);
    await client.poll();
    return () => client.tcp.readResponse();
  },
};

async function deflating({ port }: CountedServer): Promise<RawWebSocket> {
  const url = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
  const wire = await RawWebSocket.open(url, { perMessageDeflate: true });
  expect(wire.ws.extensions).toContain("permessage-deflate");
  await wire.next();
  wire.send("40");
  await wire.next();
  return wire;
}

const compression = {
  perMessageDeflate: { threshold: THRESHOLD },
  httpCompression: { threshold: THRESHOLD },
  // Half of the payload would be the attachment's base64.
};

test.each(Object.entries(RECIPIENTS_BY))("a broadcast by %s is encoded once, JSON and binary", async (_, open) => {
  const { counted, parser } = countingParser();
  const server = await countedServer({ ...compression, parser });
  const recipients: Recipient[] = [];
  for (let index = 0; index < RECIPIENTS; index += 1) recipients.push(await open(server));
  await settle();
  counted.events = 0;
  server.io.emit("news", "x".repeat(2 * THRESHOLD));
  expect(counted.events).toBe(1);
  server.io.emit("file", Buffer.alloc(2 * THRESHOLD));
  for (const recipient of recipients) await recipient(3);
  expect(counted.events).toBe(2);
});

test.each(Object.entries(RECIPIENTS_BY))("a broadcast by %s reads its data as often as for one", async (_, open) => {
  const server = await countedServer(compression);
  const first = await open(server);
  const emitBoth = (): number[] => {
    const [text, binary] = [new Counted(), new Counted()];
    server.io.emit("news", text);
    server.io.emit("file", binary, Buffer.alloc(2 * THRESHOLD));
    return [text.asked, binary.asked];
  };
  const forOne = emitBoth();
  await first(3);
  expect(Math.min(...forOne)).toBeGreaterThan(0);

  const many = await countedServer(compression);
  const recipients: Recipient[] = [];
  for (let index = 0; index < RECIPIENTS; index += 1) recipients.push(await open(many));
  const [text, binary] = [new Counted(), new Counted()];
  many.io.emit("news", text);
  many.io.emit("file", binary, Buffer.alloc(2 * THRESHOLD));
  for (const recipient of recipients) await recipient(3);
  expect([text.asked, binary.asked]).toEqual(forOne);
});

test("a room on every transport at once encodes once", async () => {
  const { counted, parser } = countingParser();
  const server = await countedServer({ ...compression, parser });
  const recipients: Recipient[] = [];
  for (const open of Object.values(RECIPIENTS_BY)) recipients.push(await open(server));
  counted.events = 0;
  server.io.emit("news", "x");
  for (const recipient of recipients) await recipient(1);
  expect(counted.events).toBe(1);
});

test("what is compressed takes fewer bytes, and one write", async () => {
  const server = await countedServer(compression);
  const { line, served, tcp } = await Client.open(server, { deflate: true });
  served.emit("news", "x".repeat(10_000));
  await tcp.readBytes(2);
  await settle();
  expect(line.writes).toHaveLength(1);
  expect(sizeOf(line.writes)).toBeLessThan(200);
});

test("an event that is dropped because nobody is there, or for want of a free connection, is sent to nobody", async () => {
  const server = await countedServer();
  const client = await Client.open(server);
  server.io.to("empty").emit("news", 1);
  client.served.emit("tick", 1);
  client.served.volatile.emit("tick", 2);
  client.served.emit("tick", 3);
  expect(await client.read(2)).toEqual(['42["tick",1]', '42["tick",3]']);
});

test("a large attachment of a broadcast is the same memory for all, and that of the application", async () => {
  const server = await countedServer();
  const clients = await Client.many(server, RECIPIENTS);
  const file = Buffer.alloc(100_000, 1);
  server.io.emit("file", file);
  for (const client of clients) {
    await client.read(2);
    const [buffers = [], ...more] = client.takeWrites();
    expect(more).toEqual([]);
    expect(buffers.at(-1)?.buffer).toBe(file.buffer);
  }
});
