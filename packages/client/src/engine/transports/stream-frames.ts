// Frames of a byte stream (PROTOCOL.md, "WebTransport") as a client writes and reads them: a header that says how many bytes follow and
// whether they are binary, then one packet. Shorter than the reader of the protocol package, which servers use: this one may wait for
// its bytes. Used by the WebTransport transport alone.
import type { RawData } from "@everwire/protocol";

const BINARY = 0x80;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/** A header and, behind it, what the packet was encoded to. */
export function frameOf(encoded: RawData): Blob {
  // Bytes of all kinds are the same to a Blob, and it knows how many the text is in UTF-8.
  let payload = new Blob([encoded as BlobPart]);
  let flag = typeof encoded === "string" ? 0 : BINARY;
  if (!payload.size) {
    // A frame can't be empty: the text form of an empty binary message, with no base64 behind it.
    payload = new Blob(["b"]);
    flag = 0;
  }
  const { size } = payload;
  const short = [size >> 8, size];
  const header =
    size < TWO_BYTES
      ? [size + flag]
      : size < 65_536
        ? [TWO_BYTES + flag, ...short]
        : [EIGHT_BYTES + flag, 0, 0, 0, size / 2 ** 32, size >> 24, size >> 16, ...short];
  // An Uint8Array takes the lowest byte of each.
  return new Blob([new Uint8Array(header), payload]);
}

export async function bytesOf(parts: BlobPart[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * Reads frames to the end of the stream. `onFrame` gets memory of its own; `undefined` for a frame that is empty or longer than `maxBytes`,
 * behind which there is nothing to be read.
 */
export async function readFrames(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
  onFrame: (
    ...frame:
      | [payload: Uint8Array<ArrayBuffer>, isBinary: true]
      | [payload: Uint8Array<ArrayBuffer> | undefined, isBinary: false]
  ) => void,
): Promise<void> {
  let rest = new Uint8Array(0);
  /** The next bytes, exactly so many; less at the end of the stream. */
  const take = async (size: number): Promise<Uint8Array<ArrayBuffer>> => {
    const parts = [rest];
    let missing = size - rest.length;
    while (missing > 0) {
      const { value } = await reader.read();
      if (!value) break;
      parts.push(value as Uint8Array<ArrayBuffer>);
      missing -= value.length;
    }
    if (parts.length > 1) rest = await bytesOf(parts);
    const taken = rest.slice(0, size);
    rest = rest.subarray(size);
    return taken;
  };
  for (;;) {
    const [first] = await take(1);
    if (first === undefined) return;
    let length = first % BINARY;
    // Beyond 2^53 the sum is not exact any more, and far over any limit.
    if (length >= TWO_BYTES)
      length = (await take(length > TWO_BYTES ? 8 : 2)).reduce((sum, byte) => sum * 256 + byte, 0);
    if (!length || length > maxBytes) {
      onFrame(undefined, false);
      return;
    }
    const payload = await take(length);
    // The stream has ended within it.
    if (payload.length < length) return;
    onFrame(payload, first >= BINARY);
  }
}
