// The same attacks at every door: a first WebSocket, one that upgrades, one that resumes, long-polling, and the doors for old clients
// where they are open. Each test names the line of the list it belongs to.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  closeCode,
  encodeFrame,
  httpRequest,
  once,
  Opcode,
  RawTcp,
  readFrame,
  until,
  upgradeRequest,
} from "@everwire/testkit";
import { Server, type Socket } from "@everwire/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { underAttack, type UnderAttack } from "./bystander.js";
import { closing, rawSocket, TARGET } from "./raw-frames.js";
import { REFUSAL } from "./support.js";

/** Each way to a WebSocket: its address, and whether a session has to be opened for it first. */
const WEBSOCKET_DOORS = [
  { door: "a new session", query: "EIO=4" },
  { door: "a new session that can be resumed", query: "EIO=4&ew=1" },
  { door: "a session of revision 3", query: "EIO=3" },
  { door: "an upgrade", query: "EIO=4", opening: "" },
  { door: "a resume", query: "EIO=4&ew=1&resume=0&leg=1", opening: "&ew=1" },
] as const;

type Door = (typeof WEBSOCKET_DOORS)[number];

/** The address of a door, its session opened over long-polling where it needs one. */
async function targetOf({ url }: UnderAttack, door: Door): Promise<string> {
  const target = `/socket.io/?${door.query}&transport=websocket`;
  if (!("opening" in door)) return target;
  const answer = await httpRequest(`${url}/socket.io/?EIO=4&transport=polling${door.opening}`);
  return `${target}&sid=${(JSON.parse(answer.text.slice(1)) as { sid: string }).sid}`;
}

const OPTIONS = { allowEIO3: true, resume: { windowMs: 200 } };

/** A candidate that fails leaves the session that it was for. */
const livesOn = ({ door }: Door): number => (door === "an upgrade" ? 1 : 0);

describe.each(WEBSOCKET_DOORS)("S5 a malformed frame in the segment of the handshake, at the door of $door", (door) => {
  test.each([{ rsv1: true }, { rsv2: true }, { rsv3: true }, { opcode: 3 }, { opcode: 15 }, { mask: false }])(
    "%j",
    async (options) => {
      const under = await underAttack(OPTIONS);
      const tcp = await RawTcp.open(under.port);
      tcp.write(upgradeRequest(await targetOf(under, door)), encodeFrame("4x", options));
      await tcp.closed();
      expect(tcp.text).toMatch(/^HTTP\/1\.1 101 /);
      await under.unharmed(livesOn(door));
    },
  );
});

describe.each(WEBSOCKET_DOORS)(
  "S12 frames against the rules are answered with their number, at the door of $door",
  (door) => {
    test.each([
      { title: "a length with its highest bit set", frame: encodeFrame("x", { claim: 2n ** 63n + 1n }), code: 1002 },
      {
        title: "a control frame in fragments",
        frame: encodeFrame("x", { opcode: Opcode.PING, fin: false }),
        code: 1002,
      },
      {
        title: "a control frame of 126 bytes",
        frame: encodeFrame("x".repeat(126), { opcode: Opcode.PING }),
        code: 1002,
      },
      { title: "a close frame of one byte", frame: encodeFrame("x", { opcode: Opcode.CLOSE }), code: 1002 },
      {
        title: "a close frame with a reserved number",
        frame: encodeFrame(Buffer.from([0x03, 0xee]), { opcode: Opcode.CLOSE }),
        code: 1002,
      },
      { title: "a continuation of nothing", frame: encodeFrame("x", { opcode: Opcode.CONTINUATION }), code: 1002 },
      { title: "text that is no UTF-8", frame: encodeFrame(Buffer.from([0x34, 0xff])), code: 1007 },
      { title: "a message over the limit", frame: encodeFrame("4", { claim: 2_000_000n }), code: 1009 },
    ])("$title", async ({ frame, code }) => {
      const under = await underAttack(OPTIONS);
      const tcp = await RawTcp.open(under.port);
      tcp.write(upgradeRequest(await targetOf(under, door)));
      await tcp.readThrough("\r\n\r\n");
      tcp.write(frame);
      expect(await closing(tcp)).toBe(code);
      await tcp.closed();
      await under.unharmed(livesOn(door));
    });
  },
);

describe("S7 a transport named like a member of Object", () => {
  const NAMES = ["__proto__", "constructor", "prototype", "toString", "valueOf"];

  test.each(NAMES)("%s: over HTTP, as upgrade, in a session, and for old clients", async (name) => {
    const under = await underAttack({ allowEIO3: true, allowJSONP: true });
    const polling = await under.client.polling();
    for (const rest of [
      "EIO=4",
      "EIO=3",
      "EIO=4&j=0",
      `EIO=4&sid=${polling.sid}`,
      `EIO=4&sid=${polling.sid}&resume=0&leg=1`,
    ]) {
      for (const method of ["GET", "POST"]) {
        const answer = await httpRequest(`${under.url}/socket.io/?${rest}&transport=${name}`, { method });
        expect([rest, answer.status, answer.json()]).toEqual([rest, 400, REFUSAL.UNKNOWN_TRANSPORT]);
      }
      const tcp = await RawTcp.open(under.port);
      tcp.write(upgradeRequest(`/socket.io/?${rest}&transport=${name}`));
      expect(await tcp.readThrough("\r\n")).toMatch(/ 400 /);
      await tcp.closed();
    }
    await polling.close();
    await under.unharmed();
  });
});

describe("S8 headers beyond the parser's limit", () => {
  const MANY = Array.from({ length: 2_100 }, (_, i) => `x-header-${String(i)}: 1\r\n`).join("");
  const LONG = `x: ${"x".repeat(40_000)}\r\n`;

  test.each([
    { title: "2,100 of them", headers: MANY },
    { title: "one of 40,000 bytes", headers: LONG },
  ])("$title, on a poll, a payload and an upgrade", async ({ headers }) => {
    const under = await underAttack();
    const polling = await under.client.polling();
    const { pathname, search } = new URL(polling.url());
    const requests = [
      `GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`,
      `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: 2\r\n\r\n4x`,
      `GET ${TARGET} HTTP/1.1\r\nHost: x\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n`,
    ];
    for (const request of requests) {
      const tcp = await RawTcp.open(under.port);
      tcp.write(request);
      expect(await tcp.readThrough("\r\n")).toMatch(/^HTTP\/1\.1 431 /);
      await tcp.closed();
    }
    await polling.push("40");
    expect(await polling.next()).toMatch(/^40\{/);
    await polling.close();
    await under.unharmed();
  });
});

describe("S9 the revision of a session is fixed, whichever it was opened with", () => {
  test.each([
    { opened: "4", other: "3" },
    { opened: "3", other: "4" },
    { opened: "4", other: "4.0" },
    { opened: "4", other: "__proto__" },
  ])("EIO=$opened, then EIO=$other: polls, payloads, upgrades and resumes are refused", async ({ opened, other }) => {
    const under = await underAttack({ allowEIO3: true });
    const opening = await httpRequest(`${under.url}/socket.io/?EIO=${opened}&transport=polling`);
    const sid = /"sid":"([\w-]+)"/.exec(opening.text)?.[1] ?? "";
    for (const rest of ["", "&resume=0&leg=1", "&j=0"]) {
      const answer = await httpRequest(`${under.url}/socket.io/?EIO=${other}&transport=polling&sid=${sid}${rest}`);
      expect([answer.status, answer.json()]).toEqual([400, REFUSAL.BAD_REQUEST]);
    }
    const tcp = await RawTcp.open(under.port);
    tcp.write(upgradeRequest(`/socket.io/?EIO=${other}&transport=websocket&sid=${sid}`), encodeFrame("2probe"));
    expect(await tcp.readThrough("\r\n")).toMatch(/ 400 /);
    await tcp.closed();
    expect(Object.hasOwn(under.io.engine.clients, sid)).toBe(true);
    under.io.engine.clients[sid]?.close(true);
    await under.unharmed();
  });
});

describe("S10 another one's session", () => {
  test("a session is not shown to who polls, posts or upgrades with the public id of its socket", async () => {
    const under = await underAttack();
    const { socket, id } = await under.client.connected();
    for (const sid of [id, id.toLowerCase(), `${socket.handshake.sid} `, socket.handshake.sid.slice(0, -1)]) {
      const answer = await httpRequest(
        `${under.url}/socket.io/?EIO=4&transport=polling&sid=${encodeURIComponent(sid)}`,
      );
      expect([answer.status, answer.json()]).toEqual([400, REFUSAL.UNKNOWN_SID]);
      const tcp = await RawTcp.open(under.port);
      tcp.write(upgradeRequest(`${TARGET}&sid=${encodeURIComponent(sid)}`));
      expect(await tcp.readThrough("\r\n")).toMatch(/ 400 /);
      await tcp.closed();
    }
    socket.send('421["echo","mine"]');
    expect(await socket.nextText()).toBe('431["mine"]');
    await socket.close();
    await under.unharmed();
  });
});

describe("S20 a client that takes its time", () => {
  /** Node's own deadlines are the HTTP server's, which belongs to the application: here is one that has them short. */
  async function impatient(): Promise<{ io: Server; port: number; count: () => Promise<number> }> {
    const http = createServer({ headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 30 });
    const io = new Server(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => io.close());
    const count = (): Promise<number> =>
      new Promise((resolve) => http.getConnections((_error, connections) => resolve(connections)));
    return { io, port: (http.address() as AddressInfo).port, count };
  }

  test("half a header ends at the deadline of the HTTP server, and what came before lives on", async () => {
    const { io, port, count } = await impatient();
    const good = await rawSocket(port);
    const slow = await Promise.all(Array.from({ length: 30 }, () => RawTcp.open(port)));
    for (const [i, tcp] of slow.entries())
      tcp.write(`GET ${TARGET} HTTP/1.1\r\nHost: x\r\nX-Slow: `.slice(0, 5 + 2 * i));
    const drip = setInterval(() => {
      for (const tcp of slow) if (!tcp.isClosed) tcp.write("x");
    }, 20);
    onTestFinished(() => {
      clearInterval(drip);
    });
    for (const tcp of slow) {
      await tcp.closed();
      expect(tcp.text).toMatch(/^HTTP\/1\.1 4(08|00) /);
    }
    good.write(encodeFrame("40"));
    expect((await readFrame(good)).payload.toString()).toMatch(/^40\{/);
    expect([io.engine.clientsCount, await count()]).toEqual([1, 1]);
    good.destroy();
  });

  test("silence after the open packet of long-polling, and a poll that goes on without pongs", async () => {
    const under = await underAttack({ pingInterval: 1_000, pingTimeout: 100 });
    const silent = await under.client.polling();
    const polling = await under.client.polling();
    const ended = (async () => {
      for (;;) if ((await polling.poll()).text.endsWith("1")) return;
    })();
    await ended;
    await until(() => under.io.engine.clientsCount === 1 || under.io.engine.clientsCount === 0, "no session of theirs");
    silent.release();
    polling.release();
  });

  test("never a CONNECT packet, though it pongs, probes and says things", async () => {
    const under = await underAttack({ connectTimeout: 200 });
    const tcp = await rawSocket(under.port);
    const chatter = setInterval(() => {
      if (!tcp.isClosed) tcp.write(encodeFrame("3"), encodeFrame("6"), encodeFrame("", { opcode: Opcode.PING }));
    }, 20);
    onTestFinished(() => {
      clearInterval(chatter);
    });
    for (;;) {
      const frame = await readFrame(tcp);
      if (frame.opcode !== Opcode.CLOSE) continue;
      expect(closeCode(frame)).toBe(1005);
      break;
    }
    tcp.write(encodeFrame("", { opcode: Opcode.CLOSE }));
    await tcp.closed();
    await under.unharmed();
  });
});

describe("S22 floods of names and depth", () => {
  test("random dynamic namespaces stay within maxChildNamespaces, and empty ones make room", async () => {
    const under = await underAttack({ maxChildNamespaces: 100, maxNamespaces: 5_000 });
    under.io.of(/^\/dyn-\w+$/);
    const { socket: flooder } = await under.client.connected();
    for (let i = 0; i < 3_000; i++) flooder.send(`40/dyn-${Math.random().toString(36).slice(2)},`);
    flooder.send('421["echo","done"]');
    let refused = 0;
    for (;;) {
      const text = await flooder.nextText();
      if (text.includes("Invalid namespace")) refused += 1;
      if (text.startsWith("431")) break;
    }
    expect(refused).toBe(2_900);
    expect([...under.io._nsps.keys()].filter((name) => name.startsWith("/dyn-")).length).toBe(100);
    await under.bystanderIsServed();
    await flooder.close();
    await until(() => under.io.engine.clientsCount === 1, "only the bystander's session");
    // They are empty now: the place is somebody else's.
    const { socket: honest } = await under.client.connected();
    honest.send("40/dyn-honest,");
    expect(await honest.nextText()).toMatch(/^40\/dyn-honest,\{/);
    await honest.close();
    await under.unharmed();
  });

  test("a million joins, asked for by a client, end at maxRooms with an error for who joins", async () => {
    const under = await underAttack();
    const failures: unknown[] = [];
    under.io.on("listener_error", (error: unknown) => failures.push(error));
    under.io.on("connection", (socket: Socket) => {
      socket.on("join", (from: number, count: number) => {
        for (let i = 0; i < count; i++) void socket.join(`room ${String(from + i)}`);
      });
    });
    const connected = once<[Socket]>(under.io, "connection");
    const { socket } = await under.client.connected();
    const [server] = await connected;
    for (let i = 0; i < 100; i++) socket.send(`42["join",${String(i * 10_000)},10000]`);
    socket.send('421["echo","done"]');
    expect(await socket.nextText()).toBe('431["done"]');
    expect(server.rooms.size).toBe(10_001);
    expect(failures).toHaveLength(99);
    expect(failures[0]).toMatchObject({ code: "ERR_TOO_MANY_ROOMS" });
    await under.bystanderIsServed();
    await socket.close();
    await until(() => under.io.of("/").adapter.rooms.size === 1, "only the bystander's room");
    await under.unharmed();
  });

  test.each([
    { title: "an event", head: '42["echo",', tail: "]" },
    { title: "an acknowledgement", head: "431[", tail: "]" },
    { title: "the auth of a CONNECT", head: "40/,", tail: "" },
    { title: "a packet with attachments", head: '451-["echo",', tail: ',{"_placeholder":true,"num":0}]' },
  ])("JSON of 10,000 levels in $title ends the connection, on either transport", async ({ head, tail }) => {
    const under = await underAttack();
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const packet = `${head}${open.repeat(10_000)}1${close.repeat(10_000)}${tail}`;
      const { socket } = await under.client.connected();
      socket.send(packet);
      await socket.closed();
      const polling = await under.client.polling();
      await polling.push("40");
      await polling.push(packet).catch(() => undefined);
      // The next poll has the end of it.
      let text = "";
      while (!text.endsWith("1")) text = (await polling.poll()).text;
      polling.release();
    }
    await under.unharmed();
  });
});

describe("S27 names that mean something to JavaScript, in the rest of the packets", () => {
  test.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__"])(
    "%s as auth key of another namespace, acknowledgement id, room that is left, answer and attachment",
    async (name) => {
      const under = await underAttack();
      under.io.of("/n").use((socket, next) => {
        next(
          (socket.handshake.auth as Record<string, unknown>)["isAdmin"] === true ? new Error("polluted") : undefined,
        );
      });
      const connected = once<[Socket]>(under.io.of("/n"), "connection");
      const { socket } = await under.client.connected("/n", JSON.parse(`{"${name}":{"isAdmin":true}}`) as unknown);
      const [server] = await connected;
      expect(Object.keys(server.handshake.auth as object)).toEqual([name]);
      await server.join(name);
      await server.leave(name);
      expect([...server.rooms]).toEqual([server.id]);
      const answered = new Promise((resolve) => server.emit("ask", resolve));
      const id = /^42\/n,(\d+)/.exec(await socket.nextText())?.[1] ?? "";
      socket.send(`43/n,${id}[{"${name}":{"polluted":true}}]`);
      expect(Object.keys((await answered) as object)).toEqual([name]);
      const heard = once<[Record<string, unknown>]>(server, "m");
      socket.send(`451-/n,["m",{"${name}":{"_placeholder":true,"num":0}}]`);
      socket.send(Buffer.from([7]));
      expect(Object.getOwnPropertyDescriptor((await heard)[0], name)?.value).toEqual(Buffer.from([7]));
      expect(({} as Record<string, unknown>)["polluted"] ?? ({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
      socket.send(`43/n,${name}["not an id"]`);
      await socket.closed();
      await under.unharmed();
    },
  );
});
