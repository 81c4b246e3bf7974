// What the messages of the chaos suite carry: bytes or text that tell whose they are, so that whoever gets them sees whether they are
// whole. Used by the server and the clients.

export function makePayload(number, { bytes, isBinary }) {
  return isBinary ? Buffer.alloc(bytes, number % 256) : `${number}:${"x".repeat(bytes)}`;
}

export function isWhole(payload, number) {
  if (typeof payload === "string") return payload.startsWith(`${number}:`) && /^\d+:x*$/.test(payload);
  return payload?.byteLength >= 0 && Buffer.from(payload).every((byte) => byte === number % 256);
}
