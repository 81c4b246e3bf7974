// What counts as binary in engines where half of it is missing, in the place of the protocol package's own answer: its text form is
// binary too where there are no typed arrays, so that what came in can be sent on. Used by the codec of the legacy bundle.
import { isBase64Data, isBinary as isNativeBinary } from "@everwire/protocol";
import type { Base64Data, BinaryData } from "@everwire/protocol";

export { byteLengthOf, isBase64Data, isBlob } from "@everwire/protocol";

/** Whether bytes can be read and written here. In some engines one half is there without the other. */
export const hasBytes = (() => {
  try {
    return new Uint8Array(new ArrayBuffer(2)).length === 2;
  } catch {
    return false;
  }
})();

/** The first typed arrays came without ArrayBuffer.isView. */
export function isView(value: unknown): value is ArrayBufferView<ArrayBuffer> {
  const { buffer, byteLength } = Object(value) as Partial<ArrayBufferView>;
  return hasBytes && byteLength !== undefined && isBuffer(buffer);
}

function isBuffer(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

/** True for what travels as an attachment. */
export function isBinary(value: unknown): value is BinaryData | Base64Data {
  return isNativeBinary(value) || isView(value) || (!hasBytes && isBase64Data(value));
}
