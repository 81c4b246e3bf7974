// Binary values in a packet's data: taken out before encoding, put back after decoding (Socket.IO protocol v5,
// "Packet encoding", "Binary"). Each leaves a placeholder, numbered in walk order. Called by the encoder and the packet reader.
import { isBinary } from "./binary.js";
import type { Base64Data, BinaryData } from "./binary.js";
import { MAX_DATA_DEPTH } from "./data-depth.js";
import { EverwireError, ProtocolError } from "./errors.js";

export interface Extraction {
  /** The data with placeholders; the very same array when it holds no binary. */
  data: readonly unknown[];
  attachments: BinaryData[];
}

interface Sink {
  readonly attachments: BinaryData[];
  /** The user's own data has the form of a placeholder. */
  spoofed: boolean;
  /** Objects on the way to the current one, from half of the allowed depth on: tells a circle from mere depth. */
  readonly path: object[];
}

const CYCLE_WATCH_DEPTH = MAX_DATA_DEPTH / 2;

/** Takes the binary values out of a packet's data. The input is not modified: what holds binary is copied, the rest is shared. */
export function extractAttachments(data: readonly unknown[]): Extraction {
  const sink: Sink = { attachments: [], spoofed: false, path: [] };
  const extracted = extractItems(data, 1, sink);
  // A receiver can't tell such an object from a real placeholder and would put a stranger's bytes in its place.
  if (sink.spoofed && sink.attachments.length > 0) {
    throw new EverwireError(
      "ERR_RESERVED_PLACEHOLDER",
      "failed to encode packet: an object with `_placeholder: true` can't be sent together with binary data",
    );
  }
  return { data: extracted, attachments: sink.attachments };
}

function extract(value: object, key: string | number, depth: number, sink: Sink): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) {
    if (isBinary(value)) return takeOut(value, sink);
    if (value instanceof Date) return value;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== "function") return extractContents(value, depth, sink);
  // As JSON.stringify does: once, with the key, and what comes back is taken as it is.
  const json: unknown = (toJSON as (key: string) => unknown).call(value, String(key));
  if (typeof json !== "object" || json === null) return value;
  const extracted = isBinary(json) ? takeOut(json, sink) : extractContents(json, depth, sink);
  return extracted === json ? value : extracted;
}

function extractContents(value: object, depth: number, sink: Sink): object {
  return Array.isArray(value) ? extractItems(value, depth, sink) : extractProperties(value, depth, sink);
}

function takeOut(value: BinaryData, sink: Sink): object {
  return { _placeholder: true, num: sink.attachments.push(value) - 1 };
}

function extractItems(items: readonly unknown[], depth: number, sink: Sink): readonly unknown[] {
  enter(items, depth, sink);
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    if (typeof item !== "object" || item === null) continue;
    const extracted = extract(item, index, depth + 1, sink);
    if (extracted === item) continue;
    copy ??= items.slice();
    copy[index] = extracted;
  }
  return copy ?? items;
}

function extractProperties(value: object, depth: number, sink: Sink): object {
  enter(value, depth, sink);
  const source = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key in source) {
    if (!Object.prototype.hasOwnProperty.call(source, key)) continue;
    const property = source[key];
    if (typeof property !== "object" || property === null) {
      if (property === true && key === "_placeholder") sink.spoofed = true;
      continue;
    }
    const extracted = extract(property, key, depth + 1, sink);
    if (extracted === property) continue;
    copy ??= copyProperties(source);
    copy[key] = extracted;
  }
  return copy ?? value;
}

// Without a prototype, so that a key named __proto__ is a key like any other. A method toJSON was called already, or was not one
// of this object: it must not be called on the copy.
function copyProperties(source: Record<string, unknown>): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(source)) {
    if (key !== "toJSON" || typeof source[key] !== "function") copy[key] = source[key];
  }
  return copy;
}

// Bounded recursion: a circle, or depth that the receiver would refuse, is an error of the caller and no stack overflow.
function enter(value: object, depth: number, sink: Sink): void {
  if (depth <= CYCLE_WATCH_DEPTH) return;
  sink.path[depth - CYCLE_WATCH_DEPTH - 1] = value;
  if (depth <= MAX_DATA_DEPTH) return;
  if (new Set(sink.path).size < sink.path.length) {
    throw new EverwireError("ERR_CIRCULAR_DATA", "failed to encode packet: the data is circular");
  }
  throw new EverwireError(
    "ERR_DATA_TOO_DEEP",
    `failed to encode packet: the data is nested more than ${String(MAX_DATA_DEPTH)} levels deep`,
  );
}

/**
 * Puts the attachments in the place of their placeholders, in the data itself. Each index has to be a real one and is used once
 * (CVE-2022-2421); an attachment that nothing refers to is dropped, as a sender's replacer may have removed its place.
 */
export function fillAttachments(data: unknown[], attachments: readonly (BinaryData | Base64Data)[]): void {
  const used = new Set<number>();
  // A reviver may have put live objects into the data, circles included: each container is entered once, and only plain ones.
  const seen = new Set<object>([data]);
  // A Set is iterated in insertion order, also over what is added meanwhile: a queue without a stack.
  for (const container of seen) {
    const slots = container as Record<string, unknown>;
    for (const key of Object.keys(container)) {
      const value = slots[key];
      if (typeof value !== "object" || value === null) continue;
      const { _placeholder, num } = value as { _placeholder?: unknown; num?: unknown };
      if (_placeholder === true) {
        slots[key] = attachmentAt(attachments, num, used);
      } else if (isContainer(value)) {
        seen.add(value);
      }
    }
  }
}

function attachmentAt(
  attachments: readonly (BinaryData | Base64Data)[],
  num: unknown,
  used: Set<number>,
): BinaryData | Base64Data {
  const attachment = typeof num === "number" && !used.has(num) ? attachments[num] : undefined;
  if (attachment === undefined) throw new ProtocolError("ERR_ILLEGAL_PLACEHOLDER", "illegal attachments");
  used.add(num as number);
  return attachment;
}

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
