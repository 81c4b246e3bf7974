// Random bytes at the doors: whatever comes, the server stays up, and keeps nothing. The seed is printed when it fails.
import { encodeFrame, RawTcp, readFrame, upgradeRequest } from "@everwire/testkit";
import { expect, test } from "vitest";
import { underAttack } from "./bystander.js";

/** A small generator with a seed (mulberry32), so that a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const SEED = Number(process.env["EVERWIRE_SEED"] ?? 20_260_101);
const PIECES = [
  "4",
  "40",
  "41",
  "42",
  "43",
  "44",
  "451-",
  "461-",
  "2",
  "3",
  "5",
  "6",
  "1",
  "0",
  "b",
  "[",
  "]",
  "{",
  "}",
  '"m"',
  ",",
  "/n,",
  "-1",
  "1e9",
  "\x1e",
  '{"_placeholder":true,"num":0}',
  "null",
  "true",
  "\u0000",
  "€",
  "\ud800",
  "AQID",
  "__proto__",
  " ",
  "9".repeat(30),
];

function text(next: () => number): string {
  let result = next() < 0.7 ? "4" : "";
  const length = Math.floor(next() * 8);
  for (let i = 0; i < length; i++) result += PIECES[Math.floor(next() * PIECES.length)] ?? "";
  return result;
}

function bytes(next: () => number, max: number): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(next() * max) }, () => Math.floor(next() * 256)));
}

test(`random packets over WebSocket (seed ${String(SEED)})`, async () => {
  const next = random(SEED);
  const { client, unharmed } = await underAttack();
  for (let round = 0; round < 60; round++) {
    const { socket } = await client.connected();
    for (let i = 0; i < 20 && socket.isOpen; i++) socket.send(next() < 0.8 ? text(next) : bytes(next, 40));
    socket.terminate();
  }
  await unharmed();
});

test(`random payloads over polling (seed ${String(SEED)})`, async () => {
  const next = random(SEED);
  const { client, unharmed } = await underAttack();
  for (let round = 0; round < 60; round++) {
    const polling = await client.polling();
    await polling.push("40");
    const packets = Array.from({ length: 1 + Math.floor(next() * 5) }, () => text(next));
    const answer = await polling.push(...packets).catch(() => undefined);
    if (answer !== undefined) expect([200, 400, 413]).toContain(answer.status);
    // Ended by the server already, or ended here.
    await polling.push("1").catch(() => undefined);
    polling.release();
  }
  await unharmed();
});

test(`random bytes in place of frames (seed ${String(SEED)})`, async () => {
  const next = random(SEED);
  const { port, unharmed } = await underAttack();
  for (let round = 0; round < 60; round++) {
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest("/socket.io/?EIO=4&transport=websocket"));
    await tcp.readThrough("\r\n\r\n");
    await readFrame(tcp);
    tcp.write(encodeFrame("40"), bytes(next, 300));
    tcp.write(encodeFrame(text(next), { opcode: Math.floor(next() * 16), rsv1: next() < 0.1, fin: next() < 0.8 }));
    if (next() < 0.5) tcp.reset();
    else tcp.destroy();
  }
  await unharmed();
});

test(`random bytes in place of HTTP (seed ${String(SEED)})`, async () => {
  const next = random(SEED);
  const { port, unharmed } = await underAttack();
  const lines = [
    "GET ",
    "POST ",
    "/socket.io/",
    "?EIO=4",
    "&transport=polling",
    "&transport=websocket",
    "&sid=%zz",
    " HTTP/1.1\r\n",
    "Host: x\r\n",
    "Upgrade: websocket\r\n",
    "Connection: Upgrade\r\n",
    "Sec-WebSocket-Key: x\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Origin: \x00\r\n",
    "\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
  ];
  for (let round = 0; round < 100; round++) {
    const tcp = await RawTcp.open(port);
    const count = Math.floor(next() * 12);
    let request = next() < 0.7 ? "GET /socket.io/?EIO=4" : "";
    for (let i = 0; i < count; i++) request += lines[Math.floor(next() * lines.length)] ?? "";
    tcp.write(request, bytes(next, 30));
    if (next() < 0.5) tcp.reset();
    else tcp.destroy();
  }
  await unharmed();
});
