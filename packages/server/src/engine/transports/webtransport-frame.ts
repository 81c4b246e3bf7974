// The frames of a batch as WebTransport carries them: a header with the length, then the packet (PROTOCOL.md, "WebTransport"). Small
// packets are written side by side into one buffer; a large one is cut, for libraries copy what does not fit into the peer's window
// once for each time that it grows. Called by webtransport.ts.
import { streamHeaderBytes, writeStreamHeader } from "@everwire/protocol";
import { toBuffer } from "../outgoing-packet.js";
import type { OutgoingPacket } from "../outgoing-packet.js";
import { encodeText } from "./encode-text.js";

/** Most bytes of one write. */
const PIECE_BYTES = 64 * 1024;

/** The batch in pieces that are written one after the other; as few of them as that allows. */
export function encodeStreamFrames(packets: readonly OutgoingPacket[]): Buffer[] {
  const pieces: Buffer[] = [];
  let run: OutgoingPacket[] = [];
  let runBytes = 0;
  const endRun = (): void => {
    if (runBytes > 0) pieces.push(encodeRun(run, runBytes));
    run = [];
    runBytes = 0;
  };
  for (const packet of packets) {
    const payload = payloadBytes(packet);
    const bytes = streamHeaderBytes(payload) + payload;
    if (runBytes + bytes > PIECE_BYTES) endRun();
    if (bytes > PIECE_BYTES) {
      pushLarge(pieces, packet, payload);
    } else {
      run.push(packet);
      runBytes += bytes;
    }
  }
  endRun();
  return pieces;
}

/** A frame can't be empty, so an empty binary message goes out in its text form: `b`, and no base64 behind it. */
function isBinary(packet: OutgoingPacket): boolean {
  return typeof packet.data === "object" && packet.byteLength > 0;
}

function payloadBytes(packet: OutgoingPacket): number {
  return isBinary(packet) ? packet.byteLength : 1 + packet.byteLength;
}

function encodeRun(run: readonly OutgoingPacket[], bytes: number): Buffer {
  const target = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const packet of run) {
    const payload = payloadBytes(packet);
    offset = writeStreamHeader(target, offset, payload, isBinary(packet));
    const { data } = packet;
    if (typeof data === "object" && isBinary(packet)) target.set(toBuffer(data), offset);
    else target.write(encodeText(packet), offset, payload, "utf8");
    offset += payload;
  }
  return target;
}

/** Its header, then views of its bytes. */
function pushLarge(pieces: Buffer[], packet: OutgoingPacket, payload: number): void {
  const { data } = packet;
  const header = Buffer.allocUnsafe(streamHeaderBytes(payload));
  writeStreamHeader(header, 0, payload, isBinary(packet));
  const bytes = typeof data === "object" ? toBuffer(data) : Buffer.from(encodeText(packet), "utf8");
  pieces.push(header);
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    pieces.push(bytes.subarray(start, start + PIECE_BYTES));
  }
}
