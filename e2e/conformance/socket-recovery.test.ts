// Connection state recovery on the wire: `pid` and `offset` in CONNECT, missed packets before its answer.
import { once, type RawSession } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { serverUnderTest, type ServerUnderTest } from "./support.js";

interface Joined extends ServerUnderTest {
  readonly socket: RawSession;
  readonly server: Socket;
  readonly id: string;
  readonly pid: string;
}

async function joined(options: Parameters<typeof serverUnderTest>[0] = {}): Promise<Joined> {
  const under = await serverUnderTest({ connectionStateRecovery: {}, ...options });
  const connected = once<[Socket]>(under.io, "connection");
  const { socket, id, answer } = await under.client.connected();
  return { ...under, socket, server: (await connected)[0], id, pid: String(answer["pid"]) };
}

/** The next event: its name, and the offset behind its arguments. */
async function event(socket: RawSession): Promise<{ name: unknown; offset: string }> {
  const text = await socket.nextText();
  expect(text).toMatch(/^42\[/);
  const data = JSON.parse(text.slice(2)) as unknown[];
  return { name: data[0], offset: String(data.at(-1)) };
}

async function lose({ socket, server }: Joined): Promise<void> {
  const gone = once(server, "disconnect");
  socket.terminate();
  await gone;
}

/** Comes back: everything up to the answer of CONNECT. */
async function back(
  { client }: ServerUnderTest,
  auth: object,
): Promise<{ before: string[]; answer: Record<string, unknown>; socket: RawSession }> {
  const socket = await client.websocket();
  socket.send(`40${JSON.stringify(auth)}`);
  const before: string[] = [];
  for (;;) {
    const text = await socket.next();
    if (typeof text !== "string") continue;
    if (text.startsWith("40")) return { before, answer: JSON.parse(text.slice(2)) as Record<string, unknown>, socket };
    before.push(text);
  }
}

test("without the option there is no pid and no offset", async () => {
  const { client, io } = await serverUnderTest();
  const connected = once<[Socket]>(io, "connection");
  const { socket, answer } = await client.connected();
  expect(answer).not.toHaveProperty("pid");
  (await connected)[0].emit("m", 1);
  expect(await socket.nextText()).toBe('42["m",1]');
  await socket.close();
});

test("with it CONNECT is answered with a private id, different from the public one", async () => {
  const { id, pid, socket } = await joined();
  expect(pid.length).toBeGreaterThan(15);
  expect(pid).not.toBe(id);
  await socket.close();
});

describe("events", () => {
  test("carry an offset behind their arguments, a new one with each", async () => {
    const { server, socket, io } = await joined();
    server.emit("one", "arg");
    io.emit("two");
    const [one, two] = [await event(socket), await event(socket)];
    expect([one.name, two.name]).toEqual(["one", "two"]);
    expect(one.offset).not.toBe(two.offset);
    await socket.close();
  });

  test("that ask for an acknowledgement carry none", async () => {
    const { server, socket } = await joined();
    server.emit("m", () => undefined);
    expect(await socket.nextText()).toMatch(/^42\d+\["m"\]$/);
    await socket.close();
  });
});

describe("a client that comes back", () => {
  test("has its id, rooms and data again, and first what it missed", async () => {
    const under = await joined();
    const { server, io, id, pid } = under;
    await server.join("room");
    (server as unknown as { data: unknown }).data = { name: "kept" };
    server.emit("seen");
    const { offset } = await event(under.socket);
    await lose(under);
    io.to("room").emit("missed", 1);
    io.to("other").emit("not for it");
    io.emit("missed", 2, Buffer.from([1]));
    const connected = once<[Socket]>(io, "connection");
    const { before, answer, socket } = await back(under, { pid, offset });
    const [again] = await connected;
    expect(answer).toEqual({ sid: id, pid });
    expect(before).toHaveLength(2);
    expect(before[0]).toMatch(/^42\["missed",1,"/);
    expect(before[1]).toMatch(/^451-\["missed",2,\{"_placeholder":true,"num":0\},"/);
    expect(again.recovered).toBe(true);
    expect(again.id).toBe(id);
    expect(again.data).toEqual({ name: "kept" });
    expect(again.rooms).toEqual(new Set([id, "room"]));
    await socket.close();
  });

  test("passes by the middlewares, unless told otherwise", async () => {
    for (const skipMiddlewares of [true, false]) {
      const under = await joined({ connectionStateRecovery: { skipMiddlewares } });
      under.server.emit("seen");
      const { offset } = await event(under.socket);
      await lose(under);
      let asked = 0;
      under.io.use((_socket, next) => {
        asked += 1;
        next();
      });
      const { socket } = await back(under, { pid: under.pid, offset });
      expect(asked).toBe(skipMiddlewares ? 0 : 1);
      await socket.close();
    }
  });

  test("can come back again, and again", async () => {
    const under = await joined();
    under.server.emit("seen");
    let { offset } = await event(under.socket);
    await lose(under);
    for (let round = 0; round < 3; round++) {
      under.io.emit("missed", round);
      const connected = once<[Socket]>(under.io, "connection");
      const { before, answer, socket } = await back(under, { pid: under.pid, offset });
      const [server] = await connected;
      expect(answer["sid"]).toBe(under.id);
      expect(before).toHaveLength(1);
      offset = (JSON.parse((before[0] ?? "").slice(2)) as string[]).at(-1) ?? "";
      const gone = once(server, "disconnect");
      socket.terminate();
      await gone;
    }
  });
});

describe("a new session begins", () => {
  const isNew = async (under: Joined, auth: object): Promise<void> => {
    const connected = once<[Socket]>(under.io, "connection");
    const { before, answer, socket } = await back(under, auth);
    expect(before).toEqual([]);
    expect(answer["sid"]).not.toBe(under.id);
    expect((await connected)[0].recovered).toBe(false);
    await socket.close();
  };

  test.each([
    { title: "for an unknown pid", auth: { pid: "nobody" } },
    { title: "for a pid that is no text", auth: { pid: { $ne: 1 } } },
    { title: "for __proto__", auth: { pid: "__proto__" } },
    { title: "for an offset that never was", auth: { offset: "nonsense" } },
    { title: "for an offset that is no text", auth: { pid: 7, offset: [1] } },
  ])("$title", async ({ auth }) => {
    const under = await joined();
    under.server.emit("seen");
    const { offset } = await event(under.socket);
    await lose(under);
    await isNew(under, { pid: under.pid, offset, ...auth });
  });

  test("after a disconnect that either side meant", async () => {
    const byClient = await joined();
    byClient.server.emit("seen");
    const { offset } = await event(byClient.socket);
    const gone = once(byClient.server, "disconnect");
    byClient.socket.send("41");
    await gone;
    await isNew(byClient, { pid: byClient.pid, offset });
    const byServer = await joined();
    byServer.server.emit("seen");
    const seen = await event(byServer.socket);
    byServer.server.disconnect();
    await isNew(byServer, { pid: byServer.pid, offset: seen.offset });
  });

  test("when more was missed than is kept: half of it is not sent", async () => {
    const under = await joined({ connectionStateRecovery: { maxStoredPackets: 3 } });
    under.server.emit("seen");
    const { offset } = await event(under.socket);
    await lose(under);
    for (let i = 0; i < 10; i++) under.io.emit("missed", i);
    await isNew(under, { pid: under.pid, offset });
  });

  test("after its time", async () => {
    const under = await joined({ connectionStateRecovery: { maxDisconnectionDuration: 20 } });
    under.server.emit("seen");
    const { offset } = await event(under.socket);
    await lose(under);
    const { socket: other } = await under.client.connected();
    const later = performance.now() + 30;
    while (performance.now() < later) {
      // Round trips, until the time is over.
      other.send("3");
      await new Promise((resolve) => setImmediate(resolve));
    }
    await isNew(under, { pid: under.pid, offset });
    await other.close();
  });
});
