// WebSocket frames as a server sends them: unmasked, final, one packet each (RFC 6455 section 5.2). A batch of packets becomes one
// write: small frames are built side by side in one buffer, for copying 200 bytes costs far less than another system call (4-5 us
// of every 6 us a message costs); large binary data goes out beside it, uncopied. Called by websocket.ts.
import type { Writable } from "node:stream";
import { toBuffer } from "../outgoing-packet.js";
import type { OutgoingPacket } from "../outgoing-packet.js";
import { FIN, FIN_BINARY, FIN_TEXT, LARGE_BYTES, TYPE_CODES, headerBytes, writeHeader } from "./frame-format.js";
import { latin1Frames } from "./latin1-frames.js";

/** Buffers that small frames are gathered in grow up to this; a larger batch takes several, still in one write. */
const GATHER_BYTES = 64 * 1024;

/** Writes the batch, behind `head` if there is one; false means that the socket wants its `drain` awaited before more. */
export function writeFrames(
  socket: Writable,
  packets: readonly OutgoingPacket[],
  supportsBinary: boolean,
  head?: string,
): boolean {
  const frame = packets.length === 1 && supportsBinary ? packets[0]?.frame : undefined;
  // Most of what a room is sent.
  if (frame !== undefined && head === undefined) return socket.write(frame);
  const text = latin1Frames(packets);
  // With the head in one string: in two pieces a new connection would cost 7 % more.
  if (text !== undefined) return socket.write(head === undefined ? text : head + text, "latin1");
  const pieces = encodeFrames(packets, supportsBinary);
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined && head === undefined) return socket.write(first);
  let hasRoom = true;
  socket.cork();
  if (head !== undefined) socket.write(head, "latin1");
  for (const piece of pieces) hasRoom = socket.write(piece);
  socket.uncork();
  return hasRoom && !socket.writableNeedDrain;
}

/**
 * The last batch that went to more than one session, and its buffer: what a room got in one turn is put together once, and not for
 * each of its sockets. At most GATHER_BYTES, kept until the next such batch.
 */
let sharedBatch: readonly OutgoingPacket[] = [];
let sharedPieces: readonly Buffer[] = [];

/** The frames of the batch, in as few buffers as is cheap. */
export function encodeFrames(packets: readonly OutgoingPacket[], supportsBinary: boolean): readonly Buffer[] {
  const [first] = packets;
  // The case of a broadcast: a list that grows would be 130 bytes a recipient more than one that is made with what is in it.
  if (packets.length === 1 && first !== undefined) return framesAlone(first, supportsBinary);
  if (!supportsBinary) return gather(packets, supportsBinary);
  if (isSameBatch(packets, sharedBatch)) return sharedPieces;
  const isShared = packets.every(({ uses }) => uses > 0);
  const pieces = gather(packets, supportsBinary);
  if (isShared && pieces.length === 1) {
    sharedBatch = packets;
    sharedPieces = pieces;
  }
  return pieces;
}

function isSameBatch(packets: readonly OutgoingPacket[], others: readonly OutgoingPacket[]): boolean {
  return packets.length === others.length && packets.every((packet, index) => packet === others[index]);
}

function gather(packets: readonly OutgoingPacket[], supportsBinary: boolean): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  while (start < packets.length) {
    const end = endOfRun(packets, start, supportsBinary);
    if (end - start > 1) pieces.push(encodeRun(packets, start, end, supportsBinary));
    else pieces.push(...framesAlone(packets[start] as OutgoingPacket, supportsBinary));
    start = end;
  }
  return pieces;
}

/** Index behind the packets that go into one buffer; at least one packet. */
function endOfRun(packets: readonly OutgoingPacket[], start: number, supportsBinary: boolean): number {
  let bytes = 0;
  for (let end = start; end < packets.length; end += 1) {
    const packet = packets[end] as OutgoingPacket;
    bytes += frameBytes(packet, supportsBinary);
    const standsAlone = packet.byteLength >= LARGE_BYTES || packet.options.wsPreEncodedFrame !== undefined;
    if (standsAlone || bytes > GATHER_BYTES) return Math.max(end, start + 1);
  }
  return packets.length;
}

function encodeRun(packets: readonly OutgoingPacket[], start: number, end: number, supportsBinary: boolean): Buffer {
  let bytes = 0;
  for (let index = start; index < end; index += 1)
    bytes += frameBytes(packets[index] as OutgoingPacket, supportsBinary);
  const target = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (let index = start; index < end; index += 1) {
    const packet = packets[index] as OutgoingPacket;
    const frame = sharedFrame(packet, supportsBinary);
    offset += frame === undefined ? writeFrame(target, offset, packet, supportsBinary) : frame.copy(target, offset);
  }
  return target;
}

function framesAlone(packet: OutgoingPacket, supportsBinary: boolean): readonly Buffer[] {
  const { data } = packet;
  const { wsPreEncodedFrame } = packet.options;
  if (wsPreEncodedFrame !== undefined) return wsPreEncodedFrame;
  if (packet.byteLength >= LARGE_BYTES && supportsBinary && data !== undefined && typeof data !== "string") {
    const header = Buffer.allocUnsafe(headerBytes(packet.byteLength));
    writeHeader(header, 0, FIN_BINARY, packet.byteLength);
    return [header, toBuffer(data)];
  }
  return [sharedFrame(packet, supportsBinary) ?? encodeFrame(packet, supportsBinary)];
}

/** The frame of a packet that more than one session sends: built at its second use, kept with the packet. */
function sharedFrame(packet: OutgoingPacket, supportsBinary: boolean): Buffer | undefined {
  if (!supportsBinary) return undefined;
  if (packet.frame !== undefined) return packet.frame;
  packet.uses += 1;
  if (packet.uses === 1) return undefined;
  packet.frame = encodeFrame(packet, true);
  return packet.frame;
}

/** A frame that carries no packet: its payload is all that is in it. */
export function encodeRawFrame(opcode: number, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(headerBytes(bytes) + bytes);
  const offset = writeHeader(frame, 0, FIN | opcode, bytes);
  if (typeof payload === "string") frame.write(payload, offset);
  else frame.set(payload, offset);
  return frame;
}

function encodeFrame(packet: OutgoingPacket, supportsBinary: boolean): Buffer {
  const frame = Buffer.allocUnsafe(frameBytes(packet, supportsBinary));
  writeFrame(frame, 0, packet, supportsBinary);
  return frame;
}

function frameBytes(packet: OutgoingPacket, supportsBinary: boolean): number {
  const bytes = payloadBytes(packet, supportsBinary);
  return headerBytes(bytes) + bytes;
}

function payloadBytes(packet: OutgoingPacket, supportsBinary: boolean): number {
  const { data, byteLength } = packet;
  if (data === undefined || typeof data === "string") return 1 + byteLength;
  // "b" and the base64 form, padded to groups of four
  return supportsBinary ? byteLength : 1 + 4 * Math.ceil(byteLength / 3);
}

/** Writes header and payload; returns the bytes written. */
function writeFrame(target: Buffer, start: number, packet: OutgoingPacket, supportsBinary: boolean): number {
  const { data, byteLength } = packet;
  const bytes = payloadBytes(packet, supportsBinary);
  const isText = data === undefined || typeof data === "string";
  const offset = start + writeHeader(target, start, isText || !supportsBinary ? FIN_TEXT : FIN_BINARY, bytes);
  if (isText) {
    target[offset] = TYPE_CODES[packet.type];
    // As many bytes as characters: all ASCII, which is the cheaper copy.
    if (data !== undefined) target.write(data, offset + 1, byteLength, byteLength === data.length ? "latin1" : "utf8");
  } else if (supportsBinary) {
    target.set(toBuffer(data), offset);
  } else {
    target[offset] = 0x62; // "b"
    target.write(toBuffer(data).toString("base64"), offset + 1, "latin1");
  }
  return offset + bytes - start;
}
