// A short text as a WebSocket client sends it: masked (RFC 6455, section 5.3), here with a mask of zeros.
export function wsFrame(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}
