// WebSocket frames by hand (RFC 6455 section 5.2), right ones and wrong ones: any opcode, reserved bits, masked or not, a
// length that lies. readFrame() takes one apart. Used by attack tests over RawTcp.
import { createHash, randomBytes } from "node:crypto";
import type { RawTcp } from "./raw-tcp.js";
import type { WaitOptions } from "./wait.js";

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export interface FrameOptions {
  /** Last fragment; true by default. */
  fin?: boolean;
  opcode?: number;
  rsv1?: boolean;
  rsv2?: boolean;
  rsv3?: boolean;
  /** True by default, as a client must (section 5.3). */
  mask?: boolean;
  /** The length to claim in the header instead of the payload's own; a bigint is written as 64 bits. */
  claim?: bigint;
}

export function encodeFrame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload, "utf8") : Buffer.from(payload);
  const { fin = true, opcode = Opcode.TEXT, rsv1 = false, rsv2 = false, rsv3 = false, mask = true } = options;
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | (rsv2 ? 0x20 : 0) | (rsv3 ? 0x10 : 0) | opcode;
  const head = lengthHead(options.claim ?? BigInt(body.length), options.claim !== undefined);
  head[0] = (head[0] ?? 0) | (mask ? 0x80 : 0);
  if (!mask) return Buffer.concat([Buffer.from([first]), head, body]);
  const key = randomBytes(4);
  for (let i = 0; i < body.length; i++) body[i] = (body[i] ?? 0) ^ (key[i & 3] ?? 0);
  return Buffer.concat([Buffer.from([first]), head, key, body]);
}

function lengthHead(length: bigint, wide: boolean): Buffer {
  if (!wide && length < 126n) return Buffer.from([Number(length)]);
  if (!wide && length < 65_536n) {
    const head = Buffer.from([126, 0, 0]);
    head.writeUInt16BE(Number(length), 1);
    return head;
  }
  const head = Buffer.alloc(9);
  head[0] = 127;
  head.writeBigUInt64BE(length, 1);
  return head;
}

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly rsv1: boolean;
  readonly payload: Buffer;
}

/** The next frame of a connection (a server's: not masked). */
export async function readFrame(tcp: RawTcp, options?: WaitOptions): Promise<Frame> {
  const [first = 0, second = 0] = await tcp.readBytes(2, options);
  let length = second & 0x7f;
  if (length === 126) length = (await tcp.readBytes(2, options)).readUInt16BE(0);
  else if (length === 127) length = Number((await tcp.readBytes(8, options)).readBigUInt64BE(0));
  const payload = await tcp.readBytes(length, options);
  return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, rsv1: (first & 0x40) !== 0, payload: Buffer.from(payload) };
}

/** The status code of a close frame (section 5.5.1), 1005 when it has none. */
export function closeCode(frame: Frame): number {
  return frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The text of an upgrade request; `headers` overrides, and a value of "" leaves a header out. */
export function upgradeRequest(target: string, headers: Record<string, string> = {}): string {
  const all: Record<string, string> = {
    Host: "127.0.0.1",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "");
  return `GET ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** What the server must answer to a key (RFC 6455 section 4.2.2). */
export function acceptKey(key: string): string {
  return createHash("sha1")
    .update(key + GUID)
    .digest("base64");
}
