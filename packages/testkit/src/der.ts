// DER, the few forms that an X.509 certificate needs (ITU-T X.690). Called by self-signed.ts only.

/** One tag-length-value element. */
export function element(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), body]);
}

export const sequence = (...items: Uint8Array[]): Buffer => element(0x30, ...items);
export const set = (...items: Uint8Array[]): Buffer => element(0x31, ...items);
export const octets = (bytes: Uint8Array): Buffer => element(0x04, bytes);
export const bits = (bytes: Uint8Array): Buffer => element(0x03, Buffer.from([0]), bytes);
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text, "utf8"));
export const bool = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
/** A constructed, context-specific element ("[n] EXPLICIT"). */
export const explicit = (tag: number, ...items: Uint8Array[]): Buffer => element(0xa0 | tag, ...items);
/** A primitive, context-specific element ("[n] IMPLICIT"). */
export const implicit = (tag: number, bytes: Uint8Array): Buffer => element(0x80 | tag, bytes);

/** A positive INTEGER: a leading zero byte keeps a high first bit from meaning a negative number. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes[0] ?? 0;
  return first >= 0x80 ? element(0x02, Buffer.from([0]), bytes) : element(0x02, bytes);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      groups.unshift((high & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

/** UTCTime, good until 2049: `YYMMDDhhmmssZ`. */
export function utcTime(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return element(0x17, Buffer.from(`${text}Z`, "ascii"));
}
