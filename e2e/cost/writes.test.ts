// How often the server writes, and how many bytes: what costs most of a message, counted and not timed. Each with sessions that can be resumed
// and without.
import { encodeFrame, readFrame, until, upgradeRequest } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { Client, countedServer, frameOf, PollingClient, settle, sizeOf } from "./counted-server.js";

const TARGET = "/socket.io/?EIO=4&transport=websocket";

describe.each([false, true])("by WebSocket, resume %s,", (resume) => {
  const options = { resume };

  test("connecting takes two writes: the answer with the open packet, and the namespace", async () => {
    const { handshake, served } = await Client.open(await countedServer(), options);
    const [opening, joined, ...more] = handshake.map((bytes) => bytes.toString("latin1"));
    const [head = "", frame = ""] = opening?.split("\r\n\r\n") ?? [];
    expect(head.replace(/(Accept: ).*/, "$1*").split("\r\n")).toEqual([
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: *",
    ]);
    const packet = frame.slice(frame.indexOf("0{"));
    expect(JSON.parse(packet.slice(1))).toMatchObject({ sid: served.conn.id });
    expect(Buffer.from(frame, "latin1")).toEqual(frameOf(packet));
    expect(Buffer.from(joined ?? "", "latin1")).toEqual(frameOf(`40{"sid":"${served.id}"}`));
    // The count of a session that can be resumed, on a machine that took a second to get here.
    expect(more.filter((text) => !/6\d+$/.test(text))).toEqual([]);
  });

  test("a lone event takes one write of its frame, to a byte", async () => {
    const client = await Client.open(await countedServer(), options);
    client.served.emit("tick", 1);
    expect(await client.read(1)).toEqual(['42["tick",1]']);
    await settle();
    expect(client.takeWrites()).toEqual([[frameOf('42["tick",1]')]]);
  });

  test("an event that is answered takes one write, with the acknowledgement behind it", async () => {
    const { io, ...server } = await countedServer();
    io.on("connection", (socket) => {
      socket.on("say", (text: string, answer: (text: string) => void) => {
        socket.emit("said", text);
        answer(text);
      });
    });
    const client = await Client.open({ io, ...server }, options);
    client.send('427["say","a"]');
    expect(await client.read(2)).toEqual(['42["said","a"]', '437["a"]']);
    await settle();
    const writes = client.takeWrites();
    expect(writes).toHaveLength(1);
    expect(Buffer.concat(writes.flat())).toEqual(Buffer.concat([frameOf('42["said","a"]'), frameOf('437["a"]')]));
  });

  test("16 events in one segment that are each answered take one write", async () => {
    const { io, ...server } = await countedServer();
    io.on("connection", (socket) => {
      socket.on("say", (number: number, answer: (number: number) => void) => {
        socket.emit("said", number);
        answer(number);
      });
    });
    const client = await Client.open({ io, ...server }, options);
    const numbers = Array.from({ length: 16 }, (_, index) => index);
    client.line.hold();
    const sent = numbers.map((number) => encodeFrame(`42${number}["say",${number}]`));
    client.tcp.write(...sent);
    await until(() => client.line.heldBytes === Buffer.concat(sent).length, "the segment");
    client.line.release();
    const expected = numbers.flatMap((number) => [`42["said",${number}]`, `43${number}[${number}]`]);
    expect(await client.read(32)).toEqual(expected);
    await settle();
    const writes = client.takeWrites();
    expect(writes).toHaveLength(1);
    expect(sizeOf(writes)).toBe(Buffer.concat(expected.map(frameOf)).length);
  });

  test("a broadcast takes one write a recipient, and all get the same buffer", async () => {
    const server = await countedServer();
    const clients = await Client.many(server, 50, options);
    server.io.emit("news", "x".repeat(200));
    const text = `42["news","${"x".repeat(200)}"]`;
    const frames: (readonly Buffer[])[] = [];
    for (const client of clients) {
      expect(await client.read(1)).toEqual([text]);
      const writes = client.takeWrites();
      expect(writes).toHaveLength(1);
      frames.push(writes[0] ?? []);
    }
    expect(sizeOf(frames)).toBe(50 * frameOf(text).length);
    // From the second on, which is when the frame begins to be worth keeping.
    const [, [second] = []] = frames;
    for (const [buffer] of frames.slice(1)) expect(buffer).toBe(second);
  });

  test("8 broadcasts in one turn take one write a recipient, and all get the same buffer", async () => {
    const server = await countedServer();
    const clients = await Client.many(server, 50, options);
    const texts = Array.from({ length: 8 }, (_, index) => `42["news",${index}]`);
    for (let index = 0; index < 8; index += 1) server.io.emit("news", index);
    const buffers = new Set<Buffer | undefined>();
    for (const client of clients) {
      expect(await client.read(8)).toEqual(texts);
      const writes = client.takeWrites();
      expect(writes).toHaveLength(1);
      expect(sizeOf(writes)).toBe(Buffer.concat(texts.map(frameOf)).length);
      for (const buffer of writes.flat()) buffers.add(buffer);
    }
    // The first of a batch may be on its own.
    expect(buffers.size).toBeLessThanOrEqual(2);
  });

  test("a busy chat, 100 who say something to all in one turn, takes 100 writes and not 10,000", async () => {
    const { io, ...server } = await countedServer();
    io.on("connection", (socket) => {
      socket.on("say", (text: string) => io.emit("said", text));
    });
    const clients = await Client.many({ io, ...server }, 100, options);
    for (const [index, client] of clients.entries()) {
      client.line.hold();
      client.send(`42["say","text of ${index}"]`);
    }
    await until(() => clients.every(({ line }) => line.heldBytes >= 25), "what they say");
    // Callback by callback of one phase, as the connections of one turn are read.
    for (const { line } of clients) setImmediate(() => line.release());
    const texts = clients.map((_, index) => `42["said","text of ${index}"]`);
    const bytes = Buffer.concat(texts.map(frameOf)).length;
    let writes = 0;
    for (const client of clients) {
      expect(await client.read(100)).toEqual(texts);
      const own = client.takeWrites();
      expect(sizeOf(own)).toBe(bytes);
      writes += own.length;
    }
    expect(writes).toBe(100);
  });

  test("an attachment goes in the write of its event, and a large one is not copied", async () => {
    const client = await Client.open(await countedServer(), options);
    const small = Buffer.alloc(100, 1);
    const large = Buffer.alloc(100_000, 2);
    client.served.emit("file", small, large);
    const texts = await client.read(3);
    expect(texts.map(({ length }) => length)).toEqual([texts[0]?.length, 100, 100_000]);
    const writes = client.takeWrites();
    expect(writes).toHaveLength(1);
    expect(writes[0]?.at(-1)?.buffer).toBe(large.buffer);
    expect(sizeOf(writes)).toBe(frameOf(texts[0] ?? "").length + 2 + 100 + 10 + 100_000);
  });

  test("a ping takes one write, of five bytes and the digits of the count", async () => {
    const server = await countedServer({ pingInterval: 20, pingTimeout: 20_000 });
    const { line, tcp } = await server.connect();
    tcp.write(upgradeRequest(`${TARGET}${resume ? "&ew=1" : ""}`));
    await tcp.readThrough("\r\n\r\n");
    await readFrame(tcp);
    line.writes.length = 0;
    expect((await readFrame(tcp)).payload.toString()).toBe(resume ? "20" : "2");
    expect(line.writes).toEqual([[frameOf(resume ? "20" : "2")]]);
  });
});

describe("by polling,", () => {
  test("each step of connecting is one write", async () => {
    const { handshake } = await PollingClient.open(await countedServer());
    // The open packet; the answer to the POST of CONNECT; the answer to the poll.
    expect(handshake).toHaveLength(3);
  });

  test("an answer is one write, its headers and all that was emitted in the turn", async () => {
    const { line, tcp, served, poll } = await PollingClient.open(await countedServer());
    await poll();
    for (let index = 0; index < 16; index += 1) served.emit("tick", index);
    const { head, body } = await tcp.readResponse();
    expect(body.split("\x1e")).toEqual(Array.from({ length: 16 }, (_, index) => `42["tick",${index}]`));
    await settle();
    expect(line.writes).toHaveLength(1);
    expect(sizeOf(line.writes)).toBe(head.length + body.length);
    expect(head.split("\r\n").map((text) => text.split(":")[0])).toEqual([
      "HTTP/1.1 200 OK",
      "Content-Type",
      "Content-Length",
      "cache-control",
      "Date",
      "Connection",
      "Keep-Alive",
      "",
      "",
    ]);
  });

  test("the answer to a POST of 16 events is one write, and what they are answered with is another", async () => {
    const { line, tcp, served, poll, post } = await PollingClient.open(await countedServer());
    served.on("say", (number: number, answer: (number: number) => void) => answer(number));
    const numbers = Array.from({ length: 16 }, (_, index) => index);
    post(numbers.map((number) => `42${number}["say",${number}]`).join("\x1e"));
    expect((await tcp.readResponse()).body).toBe("ok");
    expect(line.writes).toHaveLength(1);
    await poll();
    expect((await tcp.readResponse()).body).toBe(numbers.map((number) => `43${number}[${number}]`).join("\x1e"));
    await settle();
    expect(line.writes).toHaveLength(2);
  });
});
