// What counts as binary, in Node.js, in browsers, and in engines where half of it is missing.
// Everything that finds, counts or passes on binary data asks here: the encoder, the packet reader and the transports.

/** The part of a Blob or File that is used here; structural, since this package knows no DOM. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  slice(start?: number, end?: number, contentType?: string): BlobLike;
}

/** What a decoder hands on for binary in an engine without ArrayBuffer: the text form, never corrupted bytes. */
export interface Base64Data {
  readonly base64: true;
  readonly data: string;
}

export type BinaryData = ArrayBuffer | ArrayBufferView | BlobLike;
export type RawData = string | BinaryData;

interface HostGlobals {
  readonly ArrayBuffer?: { readonly prototype?: object; isView?: (value: unknown) => value is ArrayBufferView };
  readonly Blob?: { readonly prototype?: object };
}

// In some old engines a constructor is an object, or has no prototype, and then `instanceof` throws: each is looked at once.
const host = globalThis as HostGlobals;
const bufferPrototype = host.ArrayBuffer?.prototype ?? {};
const isViewNative = host.ArrayBuffer?.isView;
const blobPrototype = host.Blob?.prototype ?? {};

function isOf(prototype: object, tag: RegExp, value: unknown): boolean {
  const base = Object.prototype;
  return (
    typeof value === "object" &&
    (base.isPrototypeOf.call(prototype, value as object) || tag.test(base.toString.call(value)))
  );
}

/** A typed array, a DataView or a Node.js Buffer. */
export function isView(value: unknown): value is ArrayBufferView {
  return !!isViewNative?.(value);
}

/** An ArrayBuffer, also one of another realm (an iframe, a vm context), which `instanceof` does not know. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return isOf(bufferPrototype, /^\[object ArrayBuffer\]$/, value);
}

/** A Blob or a File. */
export function isBlob(value: unknown): value is BlobLike {
  return isOf(blobPrototype, /^\[object (Blob|File)\]$/, value);
}

/** True for what travels as an attachment. */
export function isBinary(value: unknown): value is BinaryData {
  return isView(value) || isArrayBuffer(value) || isBlob(value);
}

/** True for the text form of binary that decoders give in an engine without ArrayBuffer. */
export function isBase64Data(value: unknown): value is Base64Data {
  if (typeof value !== "object" || value === null) return false;
  const { base64, data } = value as Partial<Base64Data>;
  return base64 === true && typeof data === "string";
}

/** Size in bytes (of the base64 form: in characters). */
export function byteLengthOf(data: BinaryData | Base64Data): number {
  if ("byteLength" in data) return data.byteLength;
  return "size" in data ? data.size : data.data.length;
}
