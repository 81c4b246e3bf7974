// Base64 by hand: the first engines with typed arrays have no FileReader, and some no `btoa`.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Whether text is base64, with its padding or without. */
export function isBase64(text: string): boolean {
  return /^[A-Za-z\d+/]*={0,2}$/.test(text) && text.replace(/=/g, "").length % 4 !== 1;
}

/** How many bytes base64 text stands for. */
export function base64Size(text: string): number {
  return Math.floor((text.replace(/=+$/, "").length * 3) / 4);
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    // What is not there is 0.
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    for (let shift = 18; shift >= 0; shift -= 6) text += DIGITS.charAt((group >> shift) & 63);
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return missing ? text.slice(0, -missing) + "==".slice(0, missing) : text;
}

/** Bytes of text that is base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(base64Size(text));
  let group = 0;
  for (let index = 0, bits = 0, at = 0; at < bytes.length; index++) {
    group = (group << 6) | DIGITS.indexOf(text.charAt(index));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = group >> bits;
  }
  return bytes;
}
