import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromData, makeChecks, toChunk, toData } from "../test/checks.mjs";
import { loadVectors, normalize } from "../test/vectors.js";
import type { EnginePayloadVector, SocketErrorVector, SocketPacketVector } from "../test/vectors.js";
import { Encoder } from "./encoder.js";
import {
  PAYLOAD_SEPARATOR,
  decodeEnginePacket,
  decodeEnginePayload,
  encodeEnginePacket,
  encodeEnginePayload,
} from "./engine-packet.js";
import type { EnginePacket, EnginePacketType } from "./engine-packet.js";
import { ProtocolError } from "./errors.js";
import { formatHandshake, parseHandshake } from "./handshake.js";
import { PacketReader } from "./packet-reader.js";
import { PacketType, RESERVED_EVENTS } from "./socket-packet.js";
import type { Packet } from "./socket-packet.js";
import * as protocol from "@everwire/protocol";

const checks = makeChecks(protocol);

const text = fc.string({ unit: "grapheme" });
const bytes = fc.uint8Array({ maxLength: 64 });
const packetDigit = fc.constantFrom("0", "1", "2", "3", "4", "5", "6");
const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toJSON", "num", "0", "length"));
// What JSON keeps as it is: no -0, and numbers that are finite.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    bytes,
    fc.array(tie("data"), { maxLength: 4 }),
    // From entries, so that __proto__ is a key like the others.
    fc.array(fc.tuple(key, tie("data")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as object),
  ),
}));
const eventName = fc.oneof(
  text.filter((name) => !RESERVED_EVENTS.has(name)),
  fc.integer(),
);
const namespace = fc.oneof(
  fc.constant("/"),
  text.map((name) => `/${name.replaceAll(",", "")}`),
);
const id = fc.option(fc.nat(), { nil: undefined });

const countBinary = (value: unknown): number => {
  if (ArrayBuffer.isView(value)) return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + countBinary(item), 0);
};
const withId = (packet: Packet, ackId: number | undefined): Packet =>
  ackId === undefined ? packet : { ...packet, id: ackId };
const packet = fc
  .oneof(
    fc.record({ type: fc.constant(PacketType.CONNECT), nsp: namespace, data: fc.dictionary(key, text) }),
    fc.record({ type: fc.constant(PacketType.DISCONNECT), nsp: namespace }),
    fc.record({ type: fc.constant(PacketType.CONNECT_ERROR), nsp: namespace, data: text }),
    fc
      .tuple(namespace, eventName, fc.array(data, { maxLength: 5 }), id)
      .map(([nsp, name, args, ackId]) => withId({ type: PacketType.EVENT, nsp, data: [name, ...args] }, ackId)),
    fc
      .tuple(namespace, fc.array(data, { maxLength: 5 }), id)
      .map(([nsp, args, ackId]) => withId({ type: PacketType.ACK, nsp, data: args }, ackId)),
  )
  .filter((candidate: Packet) => countBinary(candidate.data) <= 10);

const enginePacket: fc.Arbitrary<EnginePacket> = fc
  .tuple(fc.constantFrom<EnginePacketType>("open", "close", "ping", "pong", "message", "upgrade", "noop"), text, bytes)
  .chain(([type, asText, asBytes]) =>
    fc.constantFrom<EnginePacket>({ type }, ...(asText === "" ? [] : [{ type, data: asText }]), {
      type: "message",
      data: asBytes,
    }),
  );

const encodeOne = (value: EnginePacket, supportsBinary: boolean): string | Uint8Array => {
  let encoded: unknown;
  encodeEnginePacket(value, supportsBinary, (result) => (encoded = result));
  return encoded as string | Uint8Array;
};
const encodeMany = (packets: EnginePacket[]): string => {
  let encoded = "";
  encodeEnginePayload(packets, (result) => (encoded = result));
  return encoded;
};
const readAll = (chunks: Parameters<PacketReader["read"]>[0][]): Packet[] => {
  const reader = new PacketReader();
  return chunks.map((chunk) => reader.read(chunk)).filter((result): result is Packet => result !== undefined);
};

describe("decoding what was encoded gives the same", () => {
  it("engine packet, binary as bytes and as base64", () => {
    fc.assert(
      fc.property(enginePacket, fc.boolean(), (value, supportsBinary) => {
        expect(normalize(decodeEnginePacket(encodeOne(value, supportsBinary)))).toEqual(normalize(value));
      }),
    );
  });

  it("engine payload", () => {
    const noSeparator = ({ data: payload }: EnginePacket): boolean =>
      typeof payload !== "string" || !payload.includes(PAYLOAD_SEPARATOR);
    fc.assert(
      fc.property(fc.array(enginePacket.filter(noSeparator), { minLength: 1 }), (packets) => {
        const decoded = decodeEnginePayload(encodeMany(packets));
        expect(normalize(decoded)).toEqual({ packets: packets.map(normalize), malformed: false });
      }),
    );
  });

  it("handshake", () => {
    const duration = fc.nat();
    fc.assert(
      fc.property(
        fc.record({
          sid: text.filter((sid) => sid !== ""),
          upgrades: fc.array(text),
          pingInterval: duration,
          pingTimeout: duration,
          maxPayload: fc.oneof(duration, fc.constant(Infinity)),
        }),
        (handshake) => {
          expect(parseHandshake(formatHandshake(handshake))).toEqual(handshake);
        },
      ),
    );
  });

  it("socket packet, with bytes anywhere in it, and the input is left alone", () => {
    fc.assert(
      fc.property(packet, (value) => {
        // deepStrictEqual: the matchers of vitest take own keys like constructor for what they are not.
        const before = fromData(value);
        const encoded = new Encoder().encode(value);
        expect(encoded.length).toBe(1 + countBinary((value as Packet).data));
        deepStrictEqual(fromData(value), before);
        deepStrictEqual(fromData(readAll(encoded)), [before]);
      }),
      { numRuns: 300 },
    );
  });

  it("many packets through one encoder and one reader", () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 8 }), (values) => {
        const encoder = new Encoder();
        const decoded = readAll(values.flatMap((value) => encoder.encode(value)));
        deepStrictEqual(fromData(decoded), fromData(values));
      }),
      { numRuns: 50 },
    );
  });

  it("text is that of JSON.stringify over the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 4 }), text, (args, name) => {
        const list = [name, ...args];
        expect(new Encoder().encode({ type: PacketType.EVENT, nsp: "/", data: list })).toEqual([
          `2${JSON.stringify(list)}`,
        ]);
      }),
    );
  });
});

describe("how payloads are cut does not matter", () => {
  it("two payloads, joined, are the packets of both", () => {
    const payload = fc.array(enginePacket, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(payload, payload, (first, second) => {
        const [a, b] = [encodeMany(first), encodeMany(second)];
        const merged = decodeEnginePayload([a, b].join(PAYLOAD_SEPARATOR));
        const apart = [decodeEnginePayload(a), decodeEnginePayload(b)];
        if (apart.some(({ malformed }) => malformed)) return;
        expect(merged.packets).toEqual(apart.flatMap(({ packets }) => packets));
      }),
    );
  });

  it.each(
    loadVectors<EnginePayloadVector>("engine-payloads.json").filter(
      ({ malformed, maxPackets }) => !malformed && maxPackets === undefined,
    ),
  )("any split at a separator: $name", ({ text: whole }) => {
    const expected = decodeEnginePayload(whole).packets;
    for (let at = whole.indexOf(PAYLOAD_SEPARATOR); at !== -1; at = whole.indexOf(PAYLOAD_SEPARATOR, at + 1)) {
      const packets = [whole.slice(0, at), whole.slice(at + 1)].flatMap((part) => decodeEnginePayload(part).packets);
      expect(packets).toEqual(expected);
    }
  });
});

describe("any input gives a valid packet or a ProtocolError", () => {
  const chunk = fc.oneof(
    fc.string({ unit: "binary" }),
    bytes.map((value) => Buffer.from(value)),
  );
  // A type that exists, and then anything: gets further than noise.
  const headed = fc.tuple(packetDigit, fc.string({ unit: "binary" })).map((parts) => parts.join(""));

  it("random bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(chunk, headed), { maxLength: 5 }), (chunks) => {
        for (const target of [
          "engine-packet",
          "engine-payload",
          "legacy-payload",
          "handshake",
          "socket-packet",
        ] as const) {
          checks[target](chunks);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("mutated vectors", () => {
    const vectors = ["socket-packets", "socket-packets-binary", "socket-packet-errors"]
      .flatMap((file) => loadVectors<SocketPacketVector | SocketErrorVector>(`${file}.json`))
      .map(({ chunks = [] }) => chunks.map(toChunk))
      .filter((chunks) => chunks.every((one) => one.length < 2000));
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 3 }),
        (chunks, mutations) => {
          const mutated = chunks.map((one) => {
            if (typeof one !== "string") return one;
            return mutations.reduce((result, [position, drop, insert]) => {
              const at = position % (result.length + 1);
              return result.slice(0, at) + insert + result.slice(at + drop);
            }, one);
          });
          checks["socket-packet"](mutated);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("JSON of every shape behind every type", () => {
    fc.assert(
      fc.property(packetDigit, fc.json(), (type, json) => {
        checks["socket-packet"]([type + json]);
        try {
          new PacketReader().read(type + json);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it("placeholders of every number", () => {
    const placeholder = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, 2)).map((num) => ({ _placeholder: true, num }));
    fc.assert(
      fc.property(
        fc.array(placeholder, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (slots, count) => {
          const reader = new PacketReader();
          reader.read(`5${String(count)}-${JSON.stringify(["a", ...slots])}`);
          const attachments = Array.from({ length: count }, (_, index) => Buffer.from([index]));
          let result: Packet | undefined;
          try {
            for (const attachment of attachments) result = reader.read(attachment);
          } catch (error) {
            expect(error).toMatchObject({ message: "illegal attachments" });
            return;
          }
          // Each slot got the attachment that it named, and no two the same.
          const filled = (result?.data as unknown[]).slice(1);
          expect(filled).toEqual(slots.map(({ num }) => attachments[num as number]));
          expect(new Set(filled).size).toBe(filled.length);
        },
      ),
    );
  });
});

describe("notation", () => {
  it("of vectors survives its own conversion", () => {
    fc.assert(
      fc.property(data, (value) => {
        deepStrictEqual(fromData(toData(fromData(value))), fromData(value));
      }),
    );
  });
});
