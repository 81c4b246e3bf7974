// An attack of the door fuzzer as data, made from a seed: steps on TCP connections, with `{a}` in a text for the id of the session that
// the step "session" opened under that name. run.mjs carries it out; a failing one is stored and replayed as it is.
import { deflateRawSync } from "node:zlib";
import { Random } from "../chaos/random.mjs";
import { frame, utf8 } from "./frames.mjs";
import { mutate, noise } from "./mutate.mjs";
import { packets, payload } from "./packets.mjs";

const PATH = "/socket.io/";
const COUNTS = [
  "0",
  "1",
  "2",
  "33",
  "-1",
  "1.5",
  "1e309",
  "NaN",
  "",
  "00",
  "9007199254740991",
  "9007199254740993",
  "9".repeat(40),
  "x",
];
const TRANSPORTS = ["polling", "websocket", "webtransport", "__proto__", "constructor", "", "flashsocket"];
const HEADERS = [
  "Origin: http://app.example", "Origin: null", "Origin: \x01", `Cookie: ${"a=;".repeat(500)}`, "Accept-Encoding: gzip", "Connection: close",
  "Connection: keep-alive, Upgrade", "Upgrade: h2c", "User-Agent: ;MSIE", "Transfer-Encoding: chunked", "Content-Length: 3",
  "Expect: 100-continue", "Expect: x", "X: \xff\xfe", `X-Long: ${"x".repeat(9_000)}`, "Sec-WebSocket-Version: 8", "Sec-WebSocket-Protocol: a,,b",
  "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99", "Access-Control-Request-Method: GET", "Referer: http://x/",
]; // prettier-ignore
const METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "CONNECT", "PATCH", "TRACE"];
const OPENINGS = ["", "&ew=1", "&ew=1", "&b64=1", "&j=0"];
const OPCODES = [0, 0, 1, 1, 2, 3, 7, 8, 9, 10, 11, 15];
const LENGTHS = [0, 1, 125, 126, 127, 511, 512, 513, 4_096, 19_999, 20_000];
const CLOSE_CODES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1012, 1015, 2999, 3000, 4999, 5000, 65_535];

/** The attack of that number in the run of that seed. */
export function makeAttack(seed, number) {
  const random = new Random((Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0);
  random.next();
  const port = random.chance(0.5) ? "open" : "plain";
  const isWebSocket = random.chance(0.5);
  const steps = isWebSocket ? webSocketSteps(random) : httpSteps(random);
  return { door: isWebSocket ? "websocket" : "http", port, steps };
}

function httpSteps(random) {
  const isLegacy = random.chance(0.2);
  const steps = [];
  if (random.chance(0.7)) steps.push(["session", "a", "polling", opening(random, isLegacy)]);
  const lanes = random.int(1, 3);
  for (let lane = 0; lane < lanes; lane++) steps.push(["connect", `t${lane}`]);
  for (let count = random.int(1, 5); count > 0; count--) {
    const lane = `t${random.int(0, lanes - 1)}`;
    let bytes = Array.from({ length: random.chance(0.25) ? random.int(2, 4) : 1 }, () =>
      request(random, isLegacy),
    ).join("");
    if (random.chance(0.4)) bytes = mutate(random, bytes);
    if (random.chance(0.03)) bytes = noise(random, 200);
    steps.push(["write", lane, bytes, slicing(random)]);
    if (random.chance(0.5)) steps.push([random.chance(0.95) ? "read" : "pause", lane]);
    if (random.chance(0.1)) steps.push([random.pick(["reset", "fin"]), lane], ["connect", lane]);
  }
  for (let lane = 0; lane < lanes; lane++)
    if (random.chance(0.6)) steps.push([random.pick(["reset", "fin"]), `t${lane}`]);
  return steps;
}

function webSocketSteps(random) {
  const isLegacy = random.chance(0.15);
  const steps = [];
  const kind = random.next();
  let query = `EIO=${isLegacy ? 3 : 4}&transport=websocket`;
  if (kind < 0.25) {
    steps.push(["session", "a", "polling", opening(random, isLegacy)]);
    query += "&sid={a}";
  } else if (kind < 0.4) {
    steps.push(["session", "a", random.pick(["polling", "websocket"]), "EIO=4&ew=1"]);
    query += `&sid={a}&resume=${random.pick(COUNTS)}&leg=${random.pick(COUNTS)}`;
  } else {
    query += random.pick(OPENINGS);
  }
  steps.push(["connect", "t0"]);
  let bytes = upgrade(random, query);
  if (random.chance(0.1)) bytes = mutate(random, bytes);
  if (random.chance(0.2)) bytes += frames(random);
  steps.push(["write", "t0", bytes, slicing(random)]);
  if (random.chance(0.8)) steps.push(["read", "t0"]);
  if (query.includes("&sid={a}") && random.chance(0.8)) {
    if (random.chance(0.5)) steps.push(["connect", "t1"], ["write", "t1", request(random, isLegacy), 0]);
    for (const packet of ["2probe", "5"]) {
      const data = random.chance(0.15) ? mutate(random, packet, 1) : packet;
      steps.push(["write", "t0", frame(data), slicing(random)], ["read", "t0"]);
    }
  }
  for (let count = random.int(1, 5); count > 0; count--) {
    steps.push(["write", "t0", frames(random), slicing(random)]);
    if (random.chance(0.4)) steps.push(["read", "t0"]);
  }
  if (random.chance(0.6)) steps.push([random.pick(["reset", "fin"]), "t0"]);
  return steps;
}

function opening(random, isLegacy) {
  return `EIO=${isLegacy ? 3 : 4}${random.pick(OPENINGS)}`;
}

/** 0: in one piece; n: in pieces of n bytes, a turn of the event loop apart. */
function slicing(random) {
  const kind = random.next();
  return kind < 0.7 ? 0 : kind < 0.85 ? 1 : random.int(2, 60);
}

function request(random, isLegacy) {
  const kind = random.next();
  const revision = isLegacy ? 3 : 4;
  const session = `EIO=${revision}&transport=polling&sid={a}`;
  if (kind < 0.12)
    return head(random, "GET", `EIO=${revision}&transport=${random.pick(TRANSPORTS)}${random.pick(OPENINGS)}`);
  if (kind < 0.3) return head(random, "GET", `${session}${random.chance(0.3) ? `&ack=${random.pick(COUNTS)}` : ""}`);
  if (kind < 0.6) return post(random, session, isLegacy);
  if (kind < 0.72) return head(random, "GET", `${session}&resume=${random.pick(COUNTS)}&leg=${random.pick(COUNTS)}`);
  if (kind < 0.8) return head(random, "GET", `${session}&j=${random.pick(COUNTS)}`);
  if (kind < 0.88) return upgrade(random, `EIO=${revision}&transport=websocket${random.chance(0.6) ? "&sid={a}" : ""}`);
  if (kind < 0.94) return head(random, random.pick(METHODS), session);
  return `GET ${random.pick(["/socket.io/socket.io.js", "/", "/socket.io", "*", "http://x/socket.io/?EIO=4"])} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

function head(random, method, query, extra = "") {
  const headers = Array.from(
    { length: random.chance(0.3) ? random.int(1, 4) : 0 },
    () => `${random.pick(HEADERS)}\r\n`,
  );
  return `${method} ${PATH}?${query} HTTP/1.${random.chance(0.05) ? 0 : 1}\r\nHost: x\r\n${headers.join("")}${extra}\r\n`;
}

function post(random, session, isLegacy) {
  let query = session;
  if (random.chance(0.3)) query += `&n=${random.pick(COUNTS)}`;
  if (random.chance(0.2)) query += `&ack=${random.pick(COUNTS)}`;
  let body = payload(random, isLegacy);
  let type = "text/plain;charset=UTF-8";
  const kind = random.next();
  if (kind < 0.15) {
    query += "&j=0";
    type = "application/x-www-form-urlencoded";
    body = `d=${encodeURIComponent(body)}`;
  } else if (kind < 0.25) {
    type = "application/octet-stream";
    // Revision 3: 0 for text or 1 for binary, the digits of the length as bytes, 255.
    const digits = [...String(body.length)].map((digit) => String.fromCharCode(Number(digit))).join("");
    body = `${random.pick(["\0", "\x01"])}${digits}\xff${body}`;
  }
  const framing = random.next();
  const extra = `Content-Type: ${type}\r\n`;
  if (framing < 0.2)
    return `${head(random, "POST", query, `${extra}Transfer-Encoding: chunked\r\n`)}${chunked(random, body)}`;
  const length = random.chance(0.1) ? random.pick(COUNTS) : body.length;
  return `${head(random, "POST", query, `${extra}Content-Length: ${length}\r\n`)}${body}`;
}

function chunked(random, body) {
  let text = "";
  for (let at = 0; at < body.length;) {
    const size = random.int(1, 20);
    const part = body.slice(at, at + size);
    text += `${(random.chance(0.02) ? size + 1 : part.length).toString(16)}\r\n${part}\r\n`;
    at += size;
  }
  return `${text}${random.chance(0.9) ? "0\r\n\r\n" : ""}`;
}

function upgrade(random, query) {
  const extension = random.chance(0.3) ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
  const key =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n";
  return head(random, random.chance(0.95) ? "GET" : random.pick(METHODS), query, key + extension);
}

function frames(random) {
  if (random.chance(0.03)) return noise(random, 200);
  let bytes = "";
  if (random.chance(0.4)) bytes += frame("40");
  for (let count = random.int(1, 4); count > 0; count--) {
    for (const { isBinary, data } of packets(random))
      bytes += random.chance(0.6) ? frame(data, { opcode: isBinary ? 2 : 1 }) : strange(random, data);
  }
  return random.chance(0.15) ? mutate(random, bytes) : bytes;
}

/** A frame, or several, that are rare or against the rules. */
function strange(random, data) {
  switch (random.int(0, 9)) {
    case 0: {
      const code = random.pick(CLOSE_CODES);
      return frame(String.fromCharCode(code >> 8, code & 255) + noise(random, 20), { opcode: 8 });
    }
    case 1:
      return frame(data.slice(0, 130), { opcode: random.pick([8, 9, 10]), fin: random.chance(0.9) }).repeat(
        random.int(1, 30),
      );
    case 2: {
      const at = random.int(0, data.length);
      const between = random.chance(0.5) ? frame("x", { opcode: 9 }) : "";
      return (
        frame(data.slice(0, at), { fin: false }) +
        between +
        frame(data.slice(at), { opcode: random.chance(0.9) ? 0 : 1 })
      );
    }
    case 3:
      return frame("x", { opcode: 0, fin: false }).repeat(random.int(1, 200));
    case 4:
      return frame(data, { claim: random.pick([0n, 1n, 125n, 20_001n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) });
    case 5:
      return frame(data, { mask: random.chance(0.5) ? undefined : random.int(0, 2 ** 31), wide: random.chance(0.5) });
    case 6:
      return frame(deflateRawSync(Buffer.from(data.repeat(random.int(1, 50)), "latin1")).toString("latin1"), {
        rsv: 4,
      });
    case 7: {
      // Over the borders of what a reader treats in one way.
      const bytes = random.pick(LENGTHS);
      return frame(data.padEnd(bytes, "x").slice(0, bytes), {
        mask: random.int(0, 2 ** 31),
        opcode: random.pick([1, 2]),
      });
    }
    case 8: {
      // A message of many fragments, cut anywhere, also within a character.
      const text = utf8(`${data}é€👋`).repeat(random.int(1, 20));
      let bytes = "";
      for (let at = 0; at < text.length;) {
        const end = at + random.int(1, 60);
        bytes += frame(text.slice(at, end), { opcode: at === 0 ? 1 : 0, fin: end >= text.length });
        if (random.chance(0.2)) bytes += frame(noise(random, 125).slice(0, 125), { opcode: random.pick([9, 10]) });
        at = end;
      }
      return bytes;
    }
    default:
      return frame(data, { opcode: random.pick(OPCODES), rsv: random.int(0, 7), fin: random.chance(0.7) });
  }
}
