// The forms that binary data takes in a page: the one that a session is asked to give, and base64 where text is all that is carried.
// Called by the engine packets; the client's bundle for old engines has another one in its place.
import { isBlob, isView } from "../binary.js";
import type { BinaryData } from "../binary.js";
import type { BinaryType } from "../engine-packet.js";

declare const Blob: new (parts: BinaryData[]) => BinaryData;
declare const FileReader: new () => {
  result: string;
  onload: () => void;
  onerror: () => void;
  readAsDataURL(blob: BinaryData): void;
};
declare const atob: (base64: string) => string;

/** Of a view only its own bytes. */
export function toBinaryType(bytes: BinaryData, binaryType: BinaryType | undefined): BinaryData {
  if (binaryType === "blob") return isBlob(bytes) ? bytes : new Blob([bytes]);
  if (!isView(bytes)) return bytes;
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Throws on what is no base64. */
export function readBase64(base64: string): BinaryData {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Calls back with the packet as text; with a noop if the data can't be read any more, as a file that has changed. */
export function writeBase64(data: BinaryData, callback: (packet: string) => void): void {
  // Of all ways to base64 the one that every page and worker has, for buffers and Blobs alike, and off the main thread.
  const reader = new FileReader();
  reader.onload = () => {
    callback(`b${reader.result.split(",")[1] ?? ""}`);
  };
  // Those behind it go on.
  reader.onerror = () => {
    callback("6");
  };
  reader.readAsDataURL(new Blob([data]));
}
