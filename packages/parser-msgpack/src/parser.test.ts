// The wire of the parser, byte by byte where another parser reads it, and what it does with values, limits and hostile bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EverwireError, MAX_DATA_DEPTH, type Packet, PacketType, ProtocolError } from "@everwire/protocol";
import * as peer from "socket.io-msgpack-parser";
import parser, { Decoder, Encoder, PacketReader, protocol } from "@everwire/parser-msgpack";

const encoder = new Encoder();
const event = (...args: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "/", data: ["e", ...args] });
const encode = (packet: Packet): Buffer => Buffer.from(encoder.encode(packet)[0]);
const read = (chunk: unknown): Packet => new PacketReader().read(chunk);
/** The argument of an event after its way over the wire. */
const sent = (value: unknown): unknown => (read(encode(event(value))).data as unknown[])[1];
const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ""), "hex");
/** A packet whose data has these bytes as its one argument. */
const withValue = (hex: string): Buffer => bytes(`83 a474797065 02 a36e7370 a12f a464617461 92 a165 ${hex}`);
const valueOf = (hex: string): unknown => (read(withValue(hex)).data as unknown[])[1];

function peerRead(chunk: Uint8Array): unknown {
  let packet: unknown;
  const decoder = new peer.Decoder();
  decoder.on("decoded", (decoded: unknown) => (packet = decoded));
  decoder.add(Buffer.from(chunk));
  return packet;
}
const peerEncode = (packet: object): Buffer => (new peer.Encoder().encode(packet) as unknown as [Buffer])[0];

it("has the shape of a parser", () => {
  expect(parser).toEqual({ Encoder, Decoder });
  expect([protocol, PacketType.EVENT]).toEqual([peer.protocol, peer.PacketType.EVENT]);
  const packets: Packet[] = [];
  const decoder = new parser.Decoder();
  decoder.on("decoded", (packet) => packets.push(packet));
  const [chunk] = new parser.Encoder().encode({ ...event(1), id: 5 });
  decoder.add(chunk);
  decoder.destroy();
  decoder.add(chunk);
  expect(packets).toEqual([
    { ...event(1), id: 5 },
    { ...event(1), id: 5 },
  ]);
});

const PACKETS: [string, Packet][] = [
  ["a connect", { type: PacketType.CONNECT, nsp: "/" }],
  ["a connect with auth", { type: PacketType.CONNECT, nsp: "/admin", data: { token: "t", deep: [null, true] } }],
  ["a connect's answer", { type: PacketType.CONNECT, nsp: "/", data: { sid: "s" } }],
  ["a disconnect", { type: PacketType.DISCONNECT, nsp: "/x" }],
  ["an event", { type: PacketType.EVENT, nsp: "/", data: ["e", 1, "two", [3]] }],
  ["an event that wants an answer", { type: PacketType.EVENT, nsp: "/", data: ["e"], id: 0 }],
  ["an event with a number for a name", { type: PacketType.EVENT, nsp: "/", data: [7] }],
  ["an answer", { type: PacketType.ACK, nsp: "/", data: [], id: 300 }],
  ["an error", { type: PacketType.CONNECT_ERROR, nsp: "/", data: { message: "no" } }],
];

describe.each(PACKETS)("%s", (_name, packet) => {
  it("is read as it was written", () => expect(read(encode(packet))).toEqual(packet));
  it("has the bytes that the stock parser writes", () =>
    expect(encode(packet).toString("hex")).toBe(peerEncode(packet).toString("hex")));
  it("is read by the stock parser", () => expect(peerRead(encode(packet))).toEqual(packet));
  it("is read from the stock parser", () => expect(read(peerEncode(packet))).toEqual(packet));
});

const WIDTHS = [0, 1, 31, 32, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 2 ** 32, 2 ** 53 - 1];
const VALUES: unknown[] = [
  ...WIDTHS,
  ...WIDTHS.slice(0, -1).map((value) => -value - 1),
  ...[0.5, Infinity, -Infinity, NaN, true, false, null, undefined],
  ...["", "a", "é", "€", "🙂", "\u0000", "x".repeat(31), "x".repeat(32), "é".repeat(200), "x".repeat(70_000)],
  ...[[], [1, [2, [3]]], Array.from({ length: 16 }, String), Array.from({ length: 70_000 }, () => 1)],
  ...[{}, { a: { b: "c" } }, Object.fromEntries(Array.from({ length: 70_000 }, (_, key) => [String(key), key]))],
  ...[Buffer.alloc(0), Buffer.from([1]), Buffer.alloc(8, 7), Buffer.alloc(300, 1), Buffer.alloc(70_000, 2)],
  ...[new Date(0), new Date(1_700_000_000_123), new Date(-5), new Date(8.64e15)],
];

describe("values", () => {
  it.each(VALUES.map((value) => [value]))("%s comes back, and the stock parser agrees byte for byte", (value) => {
    expect(sent(value)).toEqual(value);
    expect(encode(event(value)).equals(peerEncode(event(value)))).toBe(true);
    expect(peerRead(encode(event(value)))).toEqual(event(value));
  });

  it.each([1e300, -1e300, 2 ** 60, -(2 ** 53)])("%s comes back, whole though it is", (value) => {
    expect(sent(value)).toBe(value);
    expect(peerRead(encode(event(value)))).toEqual(event(value));
  });

  it.each([
    ["a typed array", new Uint8Array([1, 2]), Buffer.from([1, 2])],
    ["a typed array of wider numbers", new Uint16Array([1, 2]), Buffer.from([1, 0, 2, 0])],
    ["an ArrayBuffer of one byte", new Uint8Array([0]).buffer, Buffer.from([0])],
    ["an ArrayBuffer of the size of a date", new Uint8Array(8).buffer, Buffer.alloc(8)],
    ["a large ArrayBuffer", new Uint8Array(70_000).buffer, Buffer.alloc(70_000)],
  ])("%s comes as binary, from the stock parser too", (_name, value, expected) => {
    expect(sent(value)).toEqual(expected);
    expect((read(peerEncode(event(value))).data as unknown[])[1]).toEqual(expected);
    expect((peerRead(encode(event(value))) as Packet).data).toEqual(["e", expected]);
  });

  it("binary is of the kind that the session gives, and a copy", () => {
    const chunk = encode(event(Buffer.from([1, 2])));
    const buffer = sent(Buffer.from([1, 2])) as Buffer;
    expect(Buffer.isBuffer(buffer)).toBe(true);
    const page = new Uint8Array(chunk).buffer;
    expect((read(page).data as unknown[])[1]).toEqual(new Uint8Array([1, 2]).buffer);
    expect((read(new Uint8Array(chunk)).data as unknown[])[1]).toEqual(new Uint8Array([1, 2]));
    expect((read(new DataView(page)).data as unknown[])[1]).toEqual(new Uint8Array([1, 2]));
    const kept = (read(chunk).data as unknown[])[1] as Buffer;
    chunk.fill(0);
    expect([...kept]).toEqual([1, 2]);
  });

  it.each<[string, unknown, unknown]>([
    [
      "toJSON is called, once and with the key",
      { k: { toJSON: (key: string) => ({ key, toJSON: 1 }) } },
      { k: { key: "k", toJSON: 1 } },
    ],
    [
      "toJSON may give a text or binary",
      [{ toJSON: () => "t" }, { toJSON: () => Buffer.from("b") }],
      ["t", Buffer.from("b")],
    ],
    ["of a view only its own bytes are sent", new Uint16Array([9, 1]).subarray(1), Buffer.from([1, 0])],
    ["functions are not there", { f: () => 1, g: [() => 1] }, { g: [undefined] }],
    ["inherited properties are not there", Object.create({ inherited: 1 }), {}],
    ["what has no prototype is an object", Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ["an invalid date is null", new Date(NaN), null],
    ["-0 is 0", -0, 0],
    ["half of a surrogate pair is U+FFFD", "a\ud83d", "a\ufffd"],
    ["a made-up placeholder is data", { _placeholder: true, num: 0 }, { _placeholder: true, num: 0 }],
  ])("%s", (_name, value, expected) => {
    expect(sent(value)).toEqual(expected);
  });

  it("a key named __proto__ is a key like any other", () => {
    const value = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1}') as Record<string, unknown>;
    const got = sent(value) as Record<string, unknown>;
    expect(Object.keys(got)).toEqual(["__proto__", "constructor"]);
    expect(got["isAdmin"]).toBeUndefined();
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
  });

  it("timestamps of other implementations are dates", () => {
    expect(valueOf("d6ff 00000001")).toEqual(new Date(1000));
    expect(valueOf("d7ff 1dcd6504 00000001")).toEqual(new Date(1125));
    expect(valueOf("d7ff 00000003 00000000")).toEqual(new Date(3 * 2 ** 32 * 1000));
    expect(valueOf("c70cff 1dcd6500 ffffffffffffffff")).toEqual(new Date(-500));
    expect(valueOf("ca 3fc00000")).toBe(1.5);
  });

  it("any data that JSON can hold comes back, and the stock parser reads it", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 5 })), (args) => {
        const packet = event(...args);
        const expected = JSON.parse(JSON.stringify(packet)) as unknown;
        expect(read(encode(packet))).toEqual(expected);
        if (!JSON.stringify(packet).includes("__proto__")) expect(peerRead(encode(packet))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("packets are not modified, and what is encoded while encoding stands by itself", () => {
    const inner = { toJSON: () => encode(event("inner")).length };
    const packet = Object.freeze({ ...event(inner), data: Object.freeze(["e", inner]) }) as unknown as Packet;
    expect(read(encode(packet)).data).toEqual(["e", encode(event("inner")).length]);
  });
});

describe("what can't be sent", () => {
  const circle: unknown[] = [];
  circle.push({ circle });
  const nested = (levels: number): unknown => {
    let value: unknown = "end";
    for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
    return value;
  };

  it.each<[string, unknown, string]>([
    ["circular data", circle, "ERR_CIRCULAR_DATA"],
    ["data beyond the depth", nested(MAX_DATA_DEPTH), "ERR_DATA_TOO_DEEP"],
    ["a bigint", 1n, "ERR_NOT_SERIALIZABLE"],
    ["a Blob", new Blob(["x"]), "ERR_NOT_SERIALIZABLE"],
    [
      "what throws",
      {
        toJSON: () => {
          throw new TypeError("broken");
        },
      },
      "ERR_NOT_SERIALIZABLE",
    ],
    [
      "what throws a text",
      {
        toJSON: () => {
          throw "text";
        },
      },
      "ERR_NOT_SERIALIZABLE",
    ],
  ])("%s is the caller's error", (_name, value, code) => {
    expect(() => encode(event(value))).toThrow(EverwireError);
    expect(() => encode(event(value))).toThrow(expect.objectContaining({ code }));
  });

  it("data at the limit of depth goes both ways", () => {
    const value = nested(MAX_DATA_DEPTH - 1);
    expect(sent(value)).toEqual(value);
  });
});

describe("what a peer may not send", () => {
  const deep = (levels: number): string => `${"91".repeat(levels)}c0`;
  const packet = (fields: string, count: number): Buffer => bytes(`${(0x80 + count).toString(16)} ${fields}`);
  const type = (value: string): string => `a474797065 ${value} `;
  const [nsp, data] = ["a36e7370 a12f ", "a464617461 91 a165 "];

  it.each<[string, unknown, string]>([
    ["nothing", Buffer.alloc(0), "ERR_INVALID_PAYLOAD"],
    ["a text", '2["e"]', "ERR_UNKNOWN_CHUNK"],
    ["a Blob", new Blob(["x"]), "ERR_UNKNOWN_CHUNK"],
    ["nothing at all", undefined, "ERR_UNKNOWN_CHUNK"],
    ["no map", bytes("93 01 02 03"), "ERR_INVALID_PAYLOAD"],
    ["null", bytes("c0"), "ERR_INVALID_PAYLOAD"],
    ["a date", bytes("d700 0000000000000000"), "ERR_INVALID_PAYLOAD"],
    ["more than one value", Buffer.concat([encode(event(1)), bytes("c0")]), "ERR_INVALID_PAYLOAD"],
    ["no type", packet(nsp + data, 2), "ERR_UNKNOWN_PACKET_TYPE"],
    ["a binary type", packet(type("05") + nsp + data, 3), "ERR_UNKNOWN_PACKET_TYPE"],
    ["a negative type", packet(type("ff") + nsp + data, 3), "ERR_UNKNOWN_PACKET_TYPE"],
    ["a type between two", packet(type("cb3ff8000000000000") + nsp + data, 3), "ERR_UNKNOWN_PACKET_TYPE"],
    ["a type that is a text", packet(type("a132") + nsp + data, 3), "ERR_UNKNOWN_PACKET_TYPE"],
    ["a namespace that is a number", packet(type("02") + "a36e7370 01" + data, 3), "ERR_INVALID_PAYLOAD"],
    ["a namespace without its slash", packet(type("02") + "a36e7370 a178" + data, 3), "ERR_INVALID_PAYLOAD"],
    ["an event without data", packet(type("02") + nsp, 2), "ERR_INVALID_PAYLOAD"],
    ["an event whose data is a map", packet(`${type("02")}${nsp} a464617461 80`, 3), "ERR_INVALID_PAYLOAD"],
    ["a reserved event", packet(`${type("02")}${nsp} a464617461 91 a7636f6e6e656374`, 3), "ERR_INVALID_PAYLOAD"],
    ["an event named by a list", packet(`${type("02")}${nsp} a464617461 91 90`, 3), "ERR_INVALID_PAYLOAD"],
    ["a connect with a list", packet(type("00") + nsp + data, 3), "ERR_INVALID_PAYLOAD"],
    ["a disconnect with data", packet(type("01") + nsp + data, 3), "ERR_INVALID_PAYLOAD"],
    ["a negative id", packet(type("02") + nsp + data + "a26964 ff", 4), "ERR_INVALID_PAYLOAD"],
    ["an id that is a text", packet(type("02") + nsp + data + "a26964 a131", 4), "ERR_INVALID_PAYLOAD"],
    ["an endless id", packet(type("02") + nsp + data + "a26964 cfffffffffffffffff", 4), "ERR_INVALID_PAYLOAD"],
    ["a byte that means nothing", withValue("c1"), "ERR_INVALID_PAYLOAD"],
    ["a key that is a number", withValue("81 01 01"), "ERR_INVALID_PAYLOAD"],
    ["a key that is binary", withValue("81 c40141 01"), "ERR_INVALID_PAYLOAD"],
    ["a text that is no UTF-8", withValue("a2 c328"), "ERR_INVALID_PAYLOAD"],
    ["an overlong text", withValue("a2 c080"), "ERR_INVALID_PAYLOAD"],
    ["half of a surrogate pair", withValue("a3 eda080"), "ERR_INVALID_PAYLOAD"],
    ["a list of four billion", withValue("dd ffffffff"), "ERR_INVALID_PAYLOAD"],
    ["a map of four billion", withValue("df ffffffff"), "ERR_INVALID_PAYLOAD"],
    ["binary of four billion bytes", withValue("c6 ffffffff 00"), "ERR_INVALID_PAYLOAD"],
    ["a text of four billion bytes", withValue("db ffffffff 41"), "ERR_INVALID_PAYLOAD"],
    ["an extension nobody knows", withValue("d5 01 0000"), "ERR_INVALID_PAYLOAD"],
    ["an extension of no known length", withValue("d6 00 00000000"), "ERR_INVALID_PAYLOAD"],
    ["an extension of sixteen bytes", withValue(`d8 00 ${"00".repeat(16)}`), "ERR_INVALID_PAYLOAD"],
    ["a date that is none", withValue("d700 7fffffffffffffff"), "ERR_INVALID_PAYLOAD"],
    ["an undefined that is none", withValue("d4 00 01"), "ERR_INVALID_PAYLOAD"],
    ["a timestamp of another length", withValue("c704ff 00000001"), "ERR_INVALID_PAYLOAD"],
    ["lists beyond the depth", withValue(deep(MAX_DATA_DEPTH)), "ERR_INVALID_PAYLOAD"],
    ["a hundred thousand lists in each other", withValue(deep(100_000)), "ERR_INVALID_PAYLOAD"],
    ["a hundred thousand maps in each other", withValue(`${"81a161".repeat(100_000)}c0`), "ERR_INVALID_PAYLOAD"],
  ])("%s is a fault of its own", (_name, chunk, code) => {
    expect(() => read(chunk)).toThrow(ProtocolError);
    expect(() => read(chunk)).toThrow(expect.objectContaining({ code }));
  });

  it("a packet cut anywhere is a fault, and nothing of it is kept", () => {
    const whole = encode(
      event({ list: [1.5, "é", Buffer.from([1]), new Date(0), undefined], big: 2 ** 40 }, -300, 70_000),
    );
    const reader = new PacketReader();
    for (let end = 0; end < whole.length; end += 1)
      expect(() => reader.read(whole.subarray(0, end)), String(end)).toThrow(ProtocolError);
    expect(reader.read(whole)).toMatchObject({ type: PacketType.EVENT });
  });

  it("any bytes give a packet or a fault of the protocol", () => {
    const base = encode(event({ a: [1, "é", Buffer.from([1, 2])], b: new Date(0) }, "x".repeat(40)));
    const mutated = fc
      .tuple(fc.nat(base.length - 1), fc.nat(255), fc.nat(base.length - 1), fc.nat(255))
      .map(([at, byte, other, value]) => {
        const copy = Buffer.from(base);
        copy[at] = byte;
        copy[other] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), (chunk) => {
        let packet: Packet;
        try {
          packet = read(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return;
        }
        expect(read(encode(packet))).toEqual(packet);
      }),
      { numRuns: 5000 },
    );
  });

  it("what is not there may be written out", () => {
    expect(read(bytes("83 a474797065 00 a36e7370 a12f a464617461 d40000"))).toEqual({ type: 0, nsp: "/" });
    expect(read(bytes("84 a474797065 01 a36e7370 a12f a464617461 c0 a26964 c0"))).toEqual({ type: 1, nsp: "/" });
    expect(read(bytes("82 a474797065 00 a36e7370 d40000"))).toEqual({ type: 0, nsp: "/" });
    expect(read(bytes("84 a474797065 02 a36e7370 a12f a464617461 91a165 a76f7074696f6e73 80"))).toEqual(event());
  });
});

it("reads text where there is no TextDecoder", () => {
  const { TextDecoder } = globalThis;
  const chunk = encode(event("aé€🙂"));
  Reflect.deleteProperty(globalThis, "TextDecoder");
  try {
    expect(read(chunk)).toEqual(event("aé€🙂"));
    expect(() => read(withValue("a2 c328"))).toThrow(ProtocolError);
  } finally {
    globalThis.TextDecoder = TextDecoder;
  }
});
