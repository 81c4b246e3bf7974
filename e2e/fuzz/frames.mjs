// WebSocket frames as text of bytes (latin1), right and wrong ones (RFC 6455 section 5.2). Used by the inputs of the door fuzzer.

/** `claim`: a length to write in place of the payload's own, always in 64 bits. */
export function frame(payload, { opcode = 1, fin = true, rsv = 0, mask = 0x12345678, claim, wide = false } = {}) {
  const body = Buffer.from(payload, "latin1");
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const head = lengthOf(claim ?? body.length, claim !== undefined || wide);
  if (mask === undefined) return latin1(Buffer.concat([Buffer.from([first]), head, body]));
  head[0] |= 0x80;
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask >>> 0);
  for (let i = 0; i < body.length; i++) body[i] ^= key[i & 3];
  return latin1(Buffer.concat([Buffer.from([first]), head, key, body]));
}

function lengthOf(length, wide) {
  if (!wide && length < 126) return Buffer.from([length]);
  if (!wide && length < 65_536) return Buffer.from([126, length >> 8, length & 255]);
  const head = Buffer.alloc(9);
  head[0] = 127;
  head.writeBigUInt64BE(BigInt(length), 1);
  return head;
}

/** Text as the bytes of its UTF-8. */
export function utf8(text) {
  return latin1(Buffer.from(text, "utf8"));
}

function latin1(bytes) {
  return bytes.toString("latin1");
}
