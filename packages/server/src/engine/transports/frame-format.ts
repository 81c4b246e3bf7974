// How a WebSocket frame begins (RFC 6455 section 5.2), and an Engine.IO packet in it. Read by those who write frames, and by frame-reader.ts.
import type { EnginePacketType } from "@everwire/protocol";

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export const FIN = 0x80;
export const FIN_TEXT = FIN | Opcode.TEXT;
export const FIN_BINARY = FIN | Opcode.BINARY;

/** From here on a packet gets a buffer of its own, and binary data is not copied. */
export const LARGE_BYTES = 16 * 1024;
/** Engine.IO protocol v4, "Packet encoding": a text packet starts with the digit of its type. */
export const TYPE_CODES: Readonly<Record<EnginePacketType, number>> = {
  open: 0x30,
  close: 0x31,
  ping: 0x32,
  pong: 0x33,
  message: 0x34,
  upgrade: 0x35,
  noop: 0x36,
};

/** Of an unmasked frame with so many bytes of payload. */
export function headerBytes(payload: number): number {
  if (payload < 126) return 2;
  return payload < 65_536 ? 4 : 10;
}

/** Writes the header of one; returns its bytes. */
export function writeHeader(target: Buffer, offset: number, firstByte: number, payload: number): number {
  target[offset] = firstByte;
  if (payload < 126) {
    target[offset + 1] = payload;
    return 2;
  }
  if (payload < 65_536) {
    target[offset + 1] = 126;
    target.writeUInt16BE(payload, offset + 2);
    return 4;
  }
  target[offset + 1] = 127;
  // 48 bits hold any length that a Buffer can have.
  target.writeUInt16BE(0, offset + 2);
  target.writeUIntBE(payload, offset + 4, 6);
  return 10;
}
