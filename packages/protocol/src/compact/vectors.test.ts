// The compact wire gives the answers of the full one: to every vector, and to whatever else is made up.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fromData, toChunk } from "../../test/checks.mjs";
import {
  loadVectors,
  normalize,
  toPacket,
  type EnginePacketNotation,
  type EnginePacketVector,
  type EnginePayloadVector,
  type HandshakeVector,
  type SocketErrorVector,
  type SocketPacketVector,
} from "../../test/vectors.js";
import * as full from "@everwire/protocol";
import { EverwireError, ProtocolError } from "../errors.js";
import type { Packet } from "../socket-packet.js";
import type { EnginePacket } from "../engine-packet.js";
import * as compact from "@everwire/protocol/compact";

const enginePackets = loadVectors<EnginePacketVector>("engine-packets.json");
const enginePayloads = loadVectors<EnginePayloadVector>("engine-payloads.json");
const handshakes = loadVectors<HandshakeVector>("handshakes.json");
const socketPackets = [
  ...loadVectors<SocketPacketVector>("socket-packets.json"),
  ...loadVectors<SocketPacketVector>("socket-packets-binary.json"),
];
// Other limits than the default ones, and the depth of what comes in, are the full reader's alone.
const socketErrors = loadVectors<SocketErrorVector>("socket-packet-errors.json").filter(
  ({ options, direction, name }) => !options && !(direction === "decode" && /level/.test(name)),
);

/** The part of a browser's FileReader that is used. */
class PageFileReader {
  result = "";
  onload: () => void = () => undefined;
  onerror: () => void = () => undefined;
  readAsDataURL(blob: Blob): void {
    blob.arrayBuffer().then(
      (data) => {
        const base64 = Buffer.from(data).toString("base64");
        this.result = base64 && `data:application/octet-stream;base64,${base64}`;
        this.onload();
      },
      () => this.onerror(),
    );
  }
}

beforeEach(() => vi.stubGlobal("FileReader", PageFileReader));
afterEach(() => vi.unstubAllGlobals());

const enginePacket = ({ type, data }: EnginePacketNotation): EnginePacket =>
  data === undefined ? { type } : { type, data: toChunk(data) };

const outcome = (run: () => unknown): unknown => {
  try {
    return normalize(run());
  } catch (error) {
    return error instanceof EverwireError ? error.code : error;
  }
};

const readAll = (reader: { read(chunk: never): Packet | undefined }, chunks: readonly unknown[]): Packet[] =>
  chunks.map((chunk) => reader.read(chunk as never)).filter((packet) => packet !== undefined);

describe("engine packets", () => {
  it.each(enginePackets.filter(({ direction }) => direction !== "encode"))("decode: $name", ({ chunk, packet }) => {
    const expected = packet === null ? undefined : normalize(enginePacket(packet));
    expect(normalize(compact.decodeEnginePacket(toChunk(chunk)))).toEqual(expected);
  });

  it.each(enginePackets.filter(({ direction }) => direction !== "decode"))("encode: $name", async (vector) => {
    const { chunk, packet, supportsBinary = true } = vector;
    const encoded = await new Promise((resolve) => {
      if (packet) compact.encodeEnginePacket(enginePacket(packet), supportsBinary, resolve);
    });
    expect(normalize(encoded)).toEqual(normalize(toChunk(chunk)));
  });

  it("give the binary type that is asked for, of a view only its own bytes", async () => {
    const view = new Uint8Array([1, 2, 3]).subarray(1);
    const data = (binaryType?: full.BinaryType, chunk: full.RawData = view): unknown =>
      compact.decodeEnginePacket(chunk, binaryType)?.data;
    expect(data("arraybuffer")).toEqual(new Uint8Array([2, 3]).buffer);
    expect(data("arraybuffer", "bAgM=")).toEqual(new Uint8Array([2, 3]).buffer);
    const blob = data("blob") as Blob;
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(new Uint8Array([2, 3]));
    expect(data("blob", blob as never)).toBe(blob);
    expect(data("arraybuffer", blob as never)).toBe(blob);
    expect(compact.decodeEnginePacket({} as never)).toBeUndefined();
    expect(compact.decodeEnginePacket("bno base64 %")).toBeUndefined();
  });

  it("that can't be read go out as a noop, empty ones as what they are", async () => {
    const encode = (data: unknown): Promise<unknown> =>
      new Promise((resolve) =>
        compact.encodeEnginePacket({ type: "message", data: data as full.RawData }, false, resolve),
      );
    expect(await encode(new Blob([]))).toBe("b");
    expect(await encode(0)).toBe("4");
    vi.spyOn(Blob.prototype, "arrayBuffer").mockRejectedValueOnce(new Error("gone"));
    expect(await encode(new Blob(["x"]))).toBe("6");
  });
});

describe("engine payloads", () => {
  const own = enginePayloads.filter(({ maxPackets }) => maxPackets === undefined);

  it.each(own.filter(({ direction }) => direction !== "encode"))("decode: $name", ({ text, packets, malformed }) => {
    const expected = { packets: packets.map(enginePacket), malformed };
    expect(normalize(compact.decodeEnginePayload(text, {}))).toEqual(normalize(expected));
  });

  it.each(own.filter(({ direction, packets }) => direction !== "decode" && packets.length > 0))(
    "encode: $name",
    async ({ packets, text }) => {
      const parts = packets
        .map(enginePacket)
        .map((packet) => new Promise((resolve) => compact.encodeEnginePacket(packet, false, resolve)));
      expect((await Promise.all(parts)).join("\x1e")).toBe(text);
    },
  );
});

describe("handshakes", () => {
  it.each(handshakes)("$name", ({ text }) => {
    expect(outcome(() => compact.parseHandshake(text))).toEqual(outcome(() => full.parseHandshake(text)));
  });

  it.each([undefined, 5, null])("refuse %s", (text) => {
    expect(() => compact.parseHandshake(text)).toThrow(ProtocolError);
  });
});

describe("socket packets", () => {
  it.each(socketPackets.filter(({ direction }) => direction !== "encode"))("decode: $name", ({ chunks, packet }) => {
    const decoded = readAll(new compact.PacketReader(), chunks.map(toChunk));
    expect(normalize(decoded.at(-1))).toStrictEqual(normalize(toPacket(packet)));
  });

  // Nobody hands it a packet that was taken apart already.
  const whole = socketPackets.filter(({ packet }) => packet.type < full.PacketType.BINARY_EVENT);

  it.each(whole.filter(({ direction }) => direction !== "decode"))("encode: $name", ({ chunks, packet }) => {
    const encoded = new compact.Encoder().encode(toPacket(packet));
    expect(encoded.map(normalize)).toEqual(chunks.map(toChunk).map(normalize));
  });

  it.each(socketErrors.filter(({ direction }) => direction === "decode"))("error: $name", ({ chunks, error }) => {
    const reader = new compact.PacketReader();
    let thrown: unknown;
    try {
      readAll(reader, (chunks ?? []).map(toChunk));
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(ProtocolError);
    expect(thrown).toMatchObject(error);
    expect(reader.read('2["next"]')).toEqual({ type: full.PacketType.EVENT, nsp: "/", data: ["next"] });
  });

  it.each(socketErrors.filter(({ direction }) => direction === "encode"))("error: $name", ({ packet, error }) => {
    expect(() => packet && new compact.Encoder().encode(toPacket(packet))).toThrow(expect.objectContaining(error));
  });
});

describe("what differs from the vectors' values", () => {
  const event = (...data: unknown[]): Packet => ({ type: full.PacketType.EVENT, nsp: "/", data: ["e", ...data] });
  const binary = new Uint8Array([1]);
  const shared = { a: 1 };
  const circle: unknown[] = [];
  circle.push(circle);
  class Polyfilled extends Uint8Array {
    toJSON(): object {
      return { type: "Buffer" };
    }
  }
  const cases: [string, unknown[]][] = [
    ["an object's toJSON", [{ toJSON: () => ({ a: binary, b: [binary] }) }]],
    ["a toJSON that gives binary", [{ deep: { toJSON: () => binary } }, binary]],
    ["a toJSON that gives a text", [{ toJSON: () => "text" }]],
    ["a toJSON that wants the key", [{ k: { toJSON: (key: string) => (key === "k" ? [binary] : key) } }]],
    ["binary with a toJSON of its own", [new Polyfilled([1, 2])]],
    ["what has no JSON", [undefined, () => 1, Symbol("s"), { a: undefined }]],
    ["dates beside binary", [new Date(0), binary]],
    ["a circle", [circle]],
    ["a circle beside binary", [binary, circle]],
    ["a bigint", [BigInt(1)]],
    ["the same object twice", [shared, [shared], binary]],
    ["a made-up placeholder", [{ _placeholder: true, num: 0 }]],
    ["a made-up placeholder beside binary", [{ _placeholder: true, num: 0 }, binary]],
    ["no placeholder beside binary", [{ _placeholder: 1 }, binary, null]],
    ["an object without prototype", [Object.assign(Object.create(null), { binary, __proto__: null })]],
  ];

  it.each(cases)("encodes %s as the full one does", (_name, data) => {
    const encode = (encoder: { encode(packet: Packet): unknown[] }): unknown =>
      outcome(() => encoder.encode(event(...data)).map(fromData));
    expect(encode(new compact.Encoder())).toEqual(encode(new full.Encoder()));
  });

  it("what is thrown while encoding is the cause", () => {
    const broken = event({ toJSON: () => JSON.parse("{") as unknown });
    const code = "ERR_NOT_SERIALIZABLE";
    expect(() => new compact.Encoder().encode(broken)).toThrow(
      expect.objectContaining({ code, cause: expect.any(SyntaxError) as unknown }),
    );
    const packet = event({
      toJSON: () => {
        throw "a text";
      },
    });
    expect(() => new compact.Encoder().encode(packet)).toThrow("failed to encode packet: a text");
  });

  it("chunks of no known kind are refused", () => {
    expect(() => new compact.PacketReader().read(5 as never)).toThrow("Unknown type: number");
  });

  it("an attachment index is used once", () => {
    const reader = new compact.PacketReader();
    reader.read('52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]');
    reader.read(binary);
    expect(() => reader.read(binary)).toThrow("illegal attachments");
  });

  it("any text is read as the full reader does", () => {
    const part = fc.constantFrom(
      ...Array.from('0123456789-/,[]{}"ab: '),
      '["e"]',
      "/ns,",
      '{"_placeholder":true,"num":0}',
      "51-",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 12 }), (parts) => {
        const chunks = [parts.join(""), binary];
        const read = (reader: { read(chunk: never): Packet | undefined }): unknown[] =>
          chunks.map((chunk) => outcome(() => reader.read(chunk as never)));
        expect(read(new compact.PacketReader())).toEqual(read(new full.PacketReader()));
      }),
      { numRuns: 3000 },
    );
  });

  it("any data is written as the full encoder does", () => {
    const { data } = fc.letrec<{ data: unknown }>((tie) => ({
      data: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom(null, true, false, undefined, "t", 1.5, -0, NaN),
        fc.uint8Array({ maxLength: 3 }),
        fc.array(tie("data"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "__proto__", "num", "_placeholder"), tie("data"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(data, { maxLength: 4 }), fc.option(fc.nat(), { nil: undefined }), (list, id) => {
        const packet = { ...event(...list), nsp: "/x", ...(id !== undefined && { id }) };
        const encode = (encoder: { encode(packet: Packet): unknown[] }): unknown =>
          outcome(() => encoder.encode(packet).map(fromData));
        expect(encode(new compact.Encoder())).toEqual(encode(new full.Encoder()));
      }),
      { numRuns: 1000 },
    );
  });
});
