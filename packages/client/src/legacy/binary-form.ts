// The forms that binary data takes where typed arrays, Blob or FileReader may be missing: the twin of the protocol package's
// compact/binary-form.ts in the legacy bundle. Without typed arrays it is `{ base64: true, data }`, in both directions.
import type { Base64Data, BinaryData } from "@everwire/protocol";
import { fromBase64, isBase64, toBase64 } from "./base64.js";
import { hasBytes, isBase64Data, isBlob, isView } from "./binary.js";

type Form = BinaryData | Base64Data;

/** Of a view only its own bytes. */
export function toBinaryType(data: Form, binaryType: string | undefined): Form {
  if (!hasBytes || isBlob(data)) return data;
  const bytes = isView(data) ? new Uint8Array(bytesOf(data)).buffer : data;
  return binaryType === "blob" ? new Blob([bytes as ArrayBuffer]) : bytes;
}

/** Throws on what is no base64. */
export function readBase64(base64: string): Form {
  if (!isBase64(base64)) throw new TypeError("failed to read base64: it is none");
  return hasBytes ? fromBase64(base64).buffer : { base64: true, data: base64 };
}

/** Calls back with the packet as text; with a noop if the data can't be read any more, as a file that has changed. */
export function writeBase64(data: Form, callback: (packet: string) => void): void {
  if (isBlob(data)) {
    const reader = new FileReader();
    reader.onload = () => callback(`b${(reader.result as string).split(",")[1] ?? ""}`);
    reader.onerror = () => callback("6");
    reader.readAsDataURL(data as unknown as Blob);
  } else callback(`b${!hasBytes && isBase64Data(data) ? data.data : toBase64(bytesOf(data as ArrayBuffer))}`);
}

/** Whether it can leave as it is, or as base64. */
export function isWritable(data: Form): boolean {
  if (isBlob(data)) return typeof FileReader !== "undefined";
  return hasBytes || (isBase64Data(data) && isBase64(data.data));
}

function bytesOf(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
