// The codec of the legacy bundle, as built, gives the answers of the vectors in engines that have no FileReader, `atob` and Blob, and in
// those that have no typed arrays either: there the text form stands for bytes, in both directions.
import { rollup } from "rollup";
import { beforeAll, describe, expect, it, test } from "vitest";
import { fromData, toChunk } from "../../../protocol/test/checks.mjs";
import {
  loadVectors,
  normalize,
  toPacket,
  type EnginePacketNotation,
  type EnginePacketVector,
  type EnginePayloadVector,
  type SocketErrorVector,
  type SocketPacketVector,
} from "../../../protocol/test/vectors.js";
import { PacketType, type EnginePacket, type Packet } from "@everwire/protocol";
import { legacyBundle } from "../../rollup.config.js";
import type * as Codec from "./codec.js";

const enginePackets = loadVectors<EnginePacketVector>("engine-packets.json");
const enginePayloads = loadVectors<EnginePayloadVector>("engine-payloads.json").filter(
  ({ maxPackets, packets }) => maxPackets === undefined && packets.length > 0,
);
const socketPackets = ["socket-packets.json", "socket-packets-binary.json"].flatMap((file) =>
  loadVectors<SocketPacketVector>(file),
);
const decodeErrors = loadVectors<SocketErrorVector>("socket-packet-errors.json").filter(
  ({ options, direction, name }) => !options && direction === "decode" && !name.includes("level"),
);

let code: string;

beforeAll(async () => {
  const { output, ...input } = legacyBundle("legacy/codec.js", "codec");
  const built = await rollup(input);
  code = (await built.generate(output[0])).output[0].code;
  await built.close();
});

const BYTES = { ArrayBuffer, Uint8Array };

/** Loads it where the page has these globals of those that it asks for. */
function load(globals: object): typeof Codec {
  const page: Record<string, unknown> = { ...globals };
  const names = ["ArrayBuffer", "Uint8Array", "Blob", "FileReader", "atob", "btoa", "Promise", "Symbol", "Map", "Set"];
  const values = names.map((name) => page[name]);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a script that sees these globals alone
  return new Function("self", ...names, `${code}; return codec;`)(page, ...values) as typeof Codec;
}

const enginePacket = ({ type, data }: EnginePacketNotation): EnginePacket =>
  data === undefined ? { type } : { type, data: toChunk(data) };

/** Bytes of any kind in the form that they have without typed arrays. */
function toText(value: unknown): unknown {
  const data = fromData(value);
  const walk = (item: unknown): unknown => {
    if (typeof item !== "object" || item === null) return item;
    if (Array.isArray(item)) return item.map(walk);
    const { $hex } = item as { $hex?: string };
    if ($hex !== undefined) return { base64: true, data: Buffer.from($hex, "hex").toString("base64") };
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(data);
}

const withoutSize = (chunk: unknown): unknown =>
  typeof chunk === "string" ? chunk : { ...(chunk as object), byteLength: undefined };

describe.each([
  { name: "with typed arrays", globals: BYTES, form: normalize },
  { name: "without typed arrays", globals: {}, form: toText },
])("an engine $name", ({ globals, form }) => {
  const hasBytes = form === normalize;
  const chunkOf = (notation: SocketPacketVector["chunks"][number]): never => form(toChunk(notation)) as never;

  it.each(enginePackets.filter(({ direction }) => direction !== "encode"))("decodes: $name", ({ chunk, packet }) => {
    const decoded: unknown = load(globals).decodeEnginePacket(chunkOf(chunk));
    const expected = packet === null ? undefined : form(enginePacket(packet));
    // What is not padded stays so.
    if (!hasBytes && chunk === "bAQIDBA")
      expect(decoded).toEqual({ type: "message", data: { base64: true, data: "AQIDBA" } });
    else expect(hasBytes ? normalize(decoded) : decoded).toEqual(expected);
  });

  it.each(enginePackets.filter(({ direction, packet }) => direction !== "decode" && packet))(
    "encodes: $name",
    (vector) => {
      const { chunk, packet, supportsBinary = true } = vector;
      let encoded: unknown;
      load(globals).encodeEnginePacket(
        form(enginePacket(packet as EnginePacketNotation)) as EnginePacket,
        supportsBinary,
        (frame) => (encoded = frame),
      );
      expect(hasBytes ? normalize(encoded) : encoded).toEqual(form(toChunk(chunk)));
    },
  );

  it.each(enginePayloads)("carries a payload: $name", ({ direction, text, packets, malformed }) => {
    const codec = load(globals);
    const expected = form(packets.map(enginePacket)) as EnginePacket[];
    if (direction !== "encode") {
      const decoded = codec.decodeEnginePayload(text, {});
      expect(decoded.malformed).toBe(malformed);
      expect(hasBytes ? normalize(decoded.packets) : decoded.packets).toEqual(expected);
    }
    if (direction === "decode") return;
    const parts: unknown[] = [];
    expected.forEach((packet) => codec.encodeEnginePacket(packet, false, (part) => parts.push(part)));
    expect(parts.join("\x1e")).toBe(text);
  });

  it.each(socketPackets.filter(({ direction }) => direction !== "encode"))("reads: $name", ({ chunks, packet }) => {
    const reader = new (load(globals).PacketReader)();
    const read = chunks.map((chunk) => reader.read(chunkOf(chunk))).at(-1);
    expect(hasBytes ? normalize(read) : read).toStrictEqual(form(toPacket(packet)));
  });

  // Bytes where none can travel are JSON of whatever form they have.
  const whole = socketPackets.filter(
    ({ direction, packet, chunks }) =>
      direction !== "decode" &&
      packet.type < PacketType.BINARY_EVENT &&
      (hasBytes || chunks.length > 1 || !JSON.stringify(packet).includes("$hex")),
  );

  it.each(whole)("writes: $name", ({ chunks, packet }) => {
    const written = new (load(globals).Encoder)().encode(form(toPacket(packet)) as Packet);
    expect(hasBytes ? written.map(normalize) : written.map(withoutSize)).toEqual(
      hasBytes ? chunks.map(chunkOf) : chunks.map(chunkOf).map(withoutSize),
    );
    const sizes = chunks.filter((chunk) => typeof chunk === "object" && "hex" in chunk).map(toChunk);
    expect(written.slice(1).map((chunk) => (chunk as Uint8Array).byteLength)).toEqual(
      sizes.map(({ length }) => length),
    );
  });

  it.each(decodeErrors)("refuses: $name", ({ chunks = [], error }) => {
    const reader = new (load(globals).PacketReader)();
    const read = (): void => chunks.forEach((chunk) => reader.read(chunkOf(chunk)));
    expect(read).toThrow(expect.objectContaining(error));
  });
});

describe("what can't be carried", () => {
  const event = (...data: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "/", data: ["e", ...data] });
  const refused = expect.objectContaining({ code: "ERR_BINARY_UNSUPPORTED" }) as Error;

  test("is an error of the emit without typed arrays", () => {
    const { Encoder } = load({});
    expect(() => new Encoder().encode(event({ base64: true, data: "no base64" }))).toThrow(refused);
    // Half an ArrayBuffer: it can be made, but not be read.
    expect(() => new Encoder().encode(event(new ArrayBuffer(4)))).toThrow(refused);
    expect(new Encoder().encode(event({ base64: true, data: 5 }))).toEqual(['2["e",{"base64":true,"data":5}]']);
  });

  test("is none with typed arrays: there the text form is data like any other", () => {
    const { Encoder } = load(BYTES);
    expect(new Encoder().encode(event({ base64: true, data: "AAAA" }))).toEqual([
      '2["e",{"base64":true,"data":"AAAA"}]',
    ]);
  });

  test("a Blob needs a FileReader", () => {
    expect(() => new (load({ ...BYTES, Blob }).Encoder)().encode(event(new Blob(["x"])))).toThrow(refused);
  });
});

test("views are known without ArrayBuffer.isView, and of them only their own bytes", () => {
  function Half(this: unknown, size: number): ArrayBuffer {
    return new ArrayBuffer(size);
  }
  const codec = load({ Uint8Array, ArrayBuffer: Half });
  const view = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
  let encoded: unknown;
  codec.encodeEnginePacket({ type: "message", data: view }, false, (frame) => (encoded = frame));
  expect(encoded).toBe("bAQID");
  const [text, attachment] = new codec.Encoder().encode({ type: PacketType.EVENT, nsp: "/", data: ["e", view] });
  expect(text).toBe('51-["e",{"_placeholder":true,"num":0}]');
  expect(attachment).toBe(view);
});
