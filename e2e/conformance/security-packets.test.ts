// One packet or one request that could crash a server of this kind. Each test names the line of the list it shows.
import { createConnection } from "node:net";
import {
  closeCode,
  encodeFrame,
  httpRequest,
  once,
  Opcode,
  type RawMessage,
  RawTcp,
  readFrame,
  turns,
  until,
  upgradeRequest,
} from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { underAttack } from "./bystander.js";
import { REFUSAL } from "./support.js";

const TARGET = "/socket.io/?EIO=4&transport=websocket";

describe("S1 an event named like an internal one", () => {
  test.each(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])(
    "%s ends the offender's connection",
    async (name) => {
      const { client, unharmed } = await underAttack();
      const { socket } = await client.connected();
      socket.send(`42["${name}",1]`);
      await socket.closed();
      await unharmed();
    },
  );

  test.each(["error", "connection", "__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%s is an event as any other",
    async (name) => {
      const { client, unharmed } = await underAttack();
      const { socket } = await client.connected();
      socket.send(`42["${name}",1]`);
      socket.send(`421["${name}",1]`);
      socket.send('422["echo","alive"]');
      expect(await socket.nextText()).toBe('432["alive"]');
      await socket.close();
      await unharmed();
    },
  );
});

const ATTACHMENT = Buffer.from([1]);

/** Sends the same to a WebSocket and over long-polling: both connections end, and nobody else's. */
async function endsBoth(...frames: RawMessage[]): Promise<void> {
  const { client, io, unharmed } = await underAttack();
  const { socket } = await client.connected();
  for (const frame of frames) socket.send(frame);
  await socket.closed();
  const polling = await client.polling();
  await polling.push("40");
  const packets = frames.map((frame) => (typeof frame === "string" ? frame : `b${frame.toString("base64")}`));
  expect((await polling.push(...packets)).status).toBe(200);
  // The next poll has the end of it.
  let text = "";
  while (!text.endsWith("1")) ({ text } = await polling.poll());
  await until(() => !Object.hasOwn(io.engine.clients, polling.sid), "the end of the session");
  polling.release();
  await unharmed();
}

describe("S2 an event name that is no string or number ends the connection", () => {
  test.each(['42[{"toString":"foo"}]', "42[null]", "42[]", "42{}", "42[[]]", "42[true]", '42"x"'])(
    "%s",
    async (frame) => {
      await endsBoth(frame);
    },
  );
});

describe("S3 a placeholder index that is no index ends the connection", () => {
  test.each(['"splice"', "-1", "1.5", "99", "1e9", "null", '"0"', "{}", "[0]", "true"])("%s", async (num) => {
    await endsBoth(`451-["a",{"_placeholder":true,"num":${num}}]`, ATTACHMENT);
  });
});

describe("S4 attachment counts", () => {
  test.each([
    '450-["a"]',
    '45-["a"]',
    '451["a"]',
    '45999999-["a"]',
    '4511-["a"]',
    '45-1-["a"]',
    '451.5-["a"]',
    '45 1-["a"]',
  ])("that are none, or too large, end the connection: %s", async (frame) => {
    await endsBoth(frame);
  });

  test("more attachments than were announced end the connection", async () => {
    const { client, unharmed } = await underAttack();
    const { socket } = await client.connected();
    socket.send('451-["a",{"_placeholder":true,"num":0}]');
    for (let i = 0; i < 3; i++) socket.send(Buffer.from([i]));
    await socket.closed();
    await unharmed();
  });

  test("attachments beyond the cap in bytes end the connection", async () => {
    const { client, unharmed } = await underAttack({ maxAttachmentBytes: 25_000 });
    const { socket } = await client.connected();
    socket.send('4510-["a",{"_placeholder":true,"num":0}]');
    for (let i = 0; i < 3; i++) socket.send(Buffer.alloc(10_000));
    await socket.closed();
    await unharmed();
  });

  test("attachments, then silence: what was kept goes with the connection", async () => {
    const { client, io, port, unharmed } = await underAttack({ connectTimeout: 100 });
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest(TARGET), encodeFrame('4510-["a",{"_placeholder":true,"num":0}]'));
    for (let i = 0; i < 9; i++) tcp.write(encodeFrame(Buffer.alloc(10_000), { opcode: Opcode.BINARY }));
    // It has joined nothing, and starting a packet gives it no more time to do so.
    await until(() => io.engine.clientsCount === 1, "only the bystander's session");
    tcp.destroy();
    const { socket } = await client.connected();
    socket.send('4510-["a",{"_placeholder":true,"num":0}]');
    for (let i = 0; i < 9; i++) socket.send(Buffer.alloc(10_000));
    socket.terminate();
    await socket.closed();
    await unharmed();
  });
});

describe("S5 a malformed frame right behind the handshake", () => {
  test.each([{ rsv2: true }, { rsv3: true }, { rsv1: true }, { opcode: 3 }, { opcode: 15 }, { mask: false }])(
    "%j in the same segment",
    async (options) => {
      const { port, unharmed } = await underAttack();
      const tcp = await RawTcp.open(port);
      tcp.write(upgradeRequest(TARGET), encodeFrame("40", options));
      await tcp.closed();
      await unharmed();
    },
  );
});

describe("S6 a reset while an upgrade is refused", () => {
  test.each([
    "transport=websocket&EIO=4&sid=nobody",
    "transport=tobacco&EIO=4",
    "transport=websocket&EIO=3",
    "nothing",
  ])("%s", async (query) => {
    const { port, unharmed } = await underAttack();
    for (let i = 0; i < 10; i++) {
      const socket = createConnection({ port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(upgradeRequest(`/socket.io/?${query}`));
      if (i % 2 === 0) await turns(i / 2);
      socket.resetAndDestroy();
    }
    await unharmed();
  });
});

describe("S7 a transport named like a member of Object", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])("%s", async (name) => {
    const { url, client, unharmed } = await underAttack();
    const answer = await httpRequest(`${url}/socket.io/?EIO=4&transport=${name}`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(REFUSAL.UNKNOWN_TRANSPORT);
    await expect(client.socket({ transport: name })).rejects.toThrow(/400|closed/);
    await unharmed();
  });
});

test("S8 so many headers that Upgrade is beyond the parser's limit", async () => {
  const { port, unharmed } = await underAttack();
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`x${String(i)}`, "1"]));
  const tcp = await RawTcp.open(port);
  tcp.write(
    upgradeRequest(TARGET, { Upgrade: "", Connection: "Upgrade", ...many }).replace(
      "\r\n\r\n",
      "\r\nUpgrade: websocket\r\n\r\n",
    ),
  );
  await tcp.readThrough("HTTP/1.1 ");
  await tcp.closed();
  await unharmed();
});

test("S9 the protocol version is fixed for a session", async () => {
  const { client, unharmed } = await underAttack();
  const polling = await client.polling();
  const refused = await client.socket({ sid: polling.sid, EIO: "3" }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 400 });
  expect((await polling.request({ query: { EIO: "3" } })).status).toBe(400);
  expect((await polling.request({ method: "POST", body: "4x", query: { EIO: "3" } })).status).toBe(400);
  await polling.push("40");
  expect(await polling.next()).toMatch(/^40\{/);
  await polling.close();
  await unharmed();
});

describe("S10 an upgrade for a session that cannot be upgraded", () => {
  test.each(["nobody", "__proto__", "constructor", "", "%00", "../..", "a".repeat(4_000)])("sid %j", async (sid) => {
    const { port, unharmed } = await underAttack();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest(`${TARGET}&sid=${sid}`));
    if (sid === "") {
      await tcp.readThrough("\r\n\r\n");
      tcp.destroy();
    }
    await tcp.closed();
    if (sid !== "") expect(tcp.text).toMatch(/^HTTP\/1\.1 400 /);
    await unharmed();
  });

  test("a closed one", async () => {
    const { client, unharmed } = await underAttack();
    const closed = await client.polling();
    await closed.close();
    await expect(client.socket({ sid: closed.sid })).rejects.toMatchObject({ status: 400 });
    await unharmed();
  });

  test("one that began with WebSocket", async () => {
    const { client, unharmed } = await underAttack();
    const { socket: other } = await client.connected();
    const second = await client.socket({ sid: other.handshake.sid }).catch(() => undefined);
    second?.send("2probe");
    await second?.closed();
    other.send('421["echo","mine"]');
    expect(await other.nextText()).toBe('431["mine"]');
    await other.close();
    await unharmed();
  });

  test("one that upgrades already", async () => {
    const { client, unharmed } = await underAttack();
    const polling = await client.polling();
    const probing = await client.probe(polling.sid);
    const third = await client.socket({ sid: polling.sid }).catch(() => undefined);
    third?.send("2probe");
    await third?.closed();
    probing.send("5");
    probing.send("40");
    expect(await probing.nextText()).toMatch(/^40\{/);
    await probing.close();
    polling.release();
    await unharmed();
  });
});

describe("S11 Upgrade: websocket where none is served", () => {
  test.each(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"])(
    "%s on another path and on ours",
    async (method) => {
      const { port, unharmed } = await underAttack({ destroyUpgradeTimeout: 10 });
      const other = await RawTcp.open(port);
      other.write(upgradeRequest("/elsewhere").replace("GET", method));
      await other.closed();
      const ours = await RawTcp.open(port);
      ours.write(upgradeRequest(TARGET).replace("GET", method));
      if (method === "GET") {
        await ours.readThrough("101 Switching Protocols");
        ours.destroy();
      }
      await ours.closed();
      if (method !== "GET") expect(ours.text).toMatch(/^HTTP\/1\.1 4\d\d /);
      await unharmed();
    },
  );
});

test("S12 a frame length with the highest bit set", async () => {
  const { port, unharmed } = await underAttack();
  const tcp = await RawTcp.open(port);
  tcp.write(upgradeRequest(TARGET));
  await tcp.readThrough("\r\n\r\n");
  await readFrame(tcp);
  tcp.write(encodeFrame("x", { claim: 0x8000000000000001n }));
  const frame = await readFrame(tcp);
  expect(frame.opcode).toBe(Opcode.CLOSE);
  // RFC 6455 section 5.2: the most significant bit must be 0.
  expect(closeCode(frame)).toBe(1002);
  tcp.destroy();
  await unharmed();
});
