// The same attacks at every door: a first WebSocket, one that upgrades, one that resumes, long-polling, and the doors for old clients
// where they are open. Each test names the line of the list it belongs to.
import { encodeFrame, httpRequest, Opcode, RawTcp, upgradeRequest } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { underAttack, type UnderAttack } from "./bystander.js";
import { closing, TARGET } from "./raw-frames.js";
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
