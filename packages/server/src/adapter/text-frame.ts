// One unmasked WebSocket text frame (RFC 6455, section 5.2) around an Engine.IO message, for servers below that take
// ready frames but have no form of their own to share. The in-memory adapter is its caller.

const FIN_TEXT = 0x81;

/** Header and payload of the frame that carries `text` as an Engine.IO message ("4" and the text). */
export function frameText(text: string): [header: Buffer, payload: Buffer] {
  const payload = Buffer.from(`4${text}`, "utf8");
  const length = payload.length;
  let header: Buffer;
  if (length < 126) {
    header = Buffer.from([FIN_TEXT, length]);
  } else if (length < 65_536) {
    header = Buffer.from([FIN_TEXT, 126, length >> 8, length & 0xff]);
  } else {
    header = Buffer.alloc(10);
    header[0] = FIN_TEXT;
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return [header, payload];
}
