import { describe, expect, it, vi } from "vitest";
import { normalize } from "../test/vectors.js";
import { Encoder } from "./encoder.js";
import { EverwireError } from "./errors.js";
import { PacketReader } from "./packet-reader.js";
import { PacketType } from "./socket-packet.js";
import type { Packet } from "./socket-packet.js";

const event = (...data: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "/", data });
const encode = (...data: unknown[]): unknown[] => new Encoder().encode(event(...data));
const roundTrip = (packet: Packet): Packet | undefined => {
  const reader = new PacketReader();
  return new Encoder()
    .encode(packet)
    .map((chunk) => reader.read(chunk))
    .at(-1);
};
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(EverwireError);
    return (error as EverwireError).code;
  }
  return undefined;
};

describe("Encoder", () => {
  it("writes what has no JSON as null, as in any list", () => {
    expect(encode("a", undefined, () => 1, Symbol("x"), NaN, -Infinity, null)).toEqual([
      '2["a",null,null,null,null,null,null]',
    ]);
    expect(encode("a", { b: undefined, c: () => 1 })).toEqual(['2["a",{}]']);
  });

  it("treats an id of null, a missing namespace and missing data as not there", () => {
    const packet = { type: PacketType.EVENT, id: null, data: ["a"] } as unknown as Packet;
    expect(new Encoder().encode(packet)).toEqual(['2["a"]']);
    expect(new Encoder().encode({ type: PacketType.CONNECT, nsp: "/", data: null })).toEqual(["0"]);
  });

  it("leaves dates to JSON", () => {
    expect(encode("a", new Date(0), { at: new Date(1) })).toEqual([
      '2["a","1970-01-01T00:00:00.000Z",{"at":"1970-01-01T00:00:00.001Z"}]',
    ]);
    expect(encode("a", new Date(0), Buffer.from("x"))[0]).toBe(
      '51-["a","1970-01-01T00:00:00.000Z",{"_placeholder":true,"num":0}]',
    );
  });

  it("gives the same text for a name that it has seen, however often names change", () => {
    const encoder = new Encoder();
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 1200; index += 1) {
        const packet = event(`name "${String(index)}"`, 1);
        const encoded = [`2["name \\"${String(index)}\\"",1]`];
        expect(encoder.encode(packet)).toEqual(encoded);
        expect(encoder.encode(packet)).toEqual(encoded);
      }
    }
    const long = "x".repeat(101);
    expect(encoder.encode(event(long))).toEqual([`2["${long}"]`]);
    expect(encoder.encode(event(long))).toEqual([`2["${long}"]`]);
  });

  it("gives the whole list to a replacer", () => {
    const replacer = vi.fn((_: string, value: unknown) => (typeof value === "bigint" ? `${String(value)}n` : value));
    const encoder = new Encoder(replacer);
    expect(encoder.encode(event("a", 5n, { b: 6n }))).toEqual(['2["a","5n",{"b":"6n"}]']);
    expect(replacer).toHaveBeenCalledWith("", ["a", 5n, { b: 6n }]);
    expect(encoder.encode(event("a", Buffer.from("x")))[0]).toBe('51-["a",{"_placeholder":true,"num":0}]');
  });

  it("does not take apart the data of types that carry no events", () => {
    const encoder = new Encoder();
    expect(encoder.encode({ type: PacketType.CONNECT, nsp: "/", data: { b: new Uint8Array(1) } })).toEqual([
      '0{"b":{"0":0}}',
    ]);
    expect(encoder.encode({ type: PacketType.CONNECT_ERROR, nsp: "/", data: ["x"] })).toEqual(['4["x"]']);
  });
});

describe("Encoder with binary data", () => {
  const view = new Uint8Array(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2);

  it.each([
    ["a Buffer", Buffer.from([1, 2])],
    ["a view", view],
    ["a DataView", new DataView(view.buffer, 1, 2)],
    ["an ArrayBuffer", view.slice().buffer],
    ["a Blob", new Blob(["x"])],
    ["a File", new File(["x"], "x.txt")],
  ])("hands on %s as it is, and leaves a placeholder", (_, binary) => {
    const data = ["a", { deep: [{ er: binary }] }];
    const encoded = encode(...data);
    expect(encoded).toEqual(['51-["a",{"deep":[{"er":{"_placeholder":true,"num":0}}]}]', binary]);
    expect(encoded[1]).toBe(binary);
    expect(data).toEqual(["a", { deep: [{ er: binary }] }]);
  });

  it("numbers placeholders in walk order, each occurrence for itself", () => {
    const binary = Buffer.from("x");
    const encoded = encode("a", [binary, { b: binary }], binary);
    expect(encoded[0]).toBe(
      `53-["a",[${[0, 1].map((num) => `{"_placeholder":true,"num":${String(num)}}`).join(',{"b":')}}],{"_placeholder":true,"num":2}]`,
    );
    expect(encoded.slice(1)).toEqual([binary, binary, binary]);
  });

  it("does not modify its input, frozen input included", () => {
    const inner = Object.freeze({ list: Object.freeze([1, view]), other: Object.freeze({}) });
    const packet = Object.freeze({ ...event("a", inner) });
    Object.freeze(packet.data);
    expect(normalize(roundTrip(packet))).toEqual(
      normalize(event("a", { list: [1, new Uint8Array([1, 2])], other: {} })),
    );
    expect(inner.list[1]).toBe(view);
  });

  it("takes own properties only, objects without a prototype and keys like __proto__ included", () => {
    const bare = Object.assign(Object.create(null) as object, { b: view });
    const inherited = Object.create({ hidden: view }) as object;
    const hostile = JSON.parse('{"__proto__":{"x":0},"constructor":1}') as Record<string, unknown>;
    Object.defineProperty(hostile, "view", { value: view, enumerable: true });
    const encoded = encode("a", bare, inherited, hostile);
    expect(encoded[0]).toBe(
      '52-["a",{"b":{"_placeholder":true,"num":0}},{},{"__proto__":{"x":0},"constructor":1,"view":{"_placeholder":true,"num":1}}]',
    );
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("sees a Map, a Set and boxed values as JSON does", () => {
    expect(encode("a", new Map([[1, view]]), new Set([view]), Object("x"), [view])).toEqual([
      '51-["a",{},{},"x",[{"_placeholder":true,"num":0}]]',
      view,
    ]);
  });

  it("honours toJSON, with its key, once", () => {
    const toJSON = vi.fn((key: string) => ({ key, view }));
    class Message {
      readonly secret = 1;
      toJSON = toJSON;
    }
    const encoded = encode("a", { m: new Message() }, [new Message()]);
    expect(encoded).toEqual([
      '52-["a",{"m":{"key":"m","view":{"_placeholder":true,"num":0}}},[{"key":"0","view":{"_placeholder":true,"num":1}}]]',
      view,
      view,
    ]);
    expect(toJSON).toHaveBeenCalledTimes(2);
  });

  it("honours a toJSON that gives bytes, a list, a text or the object itself", () => {
    const encoded = encode(
      "a",
      { toJSON: () => view },
      { toJSON: () => [view] },
      { hidden: view, toJSON: () => "text" },
      { hidden: view, toJSON: () => null },
      {
        shown: 1,
        toJSON() {
          return this;
        },
      },
      {
        view,
        toJSON() {
          return this;
        },
      },
      Object.assign([view], { toJSON: () => ({ list: true }) }),
    );
    expect(encoded[0]).toBe(
      '53-["a",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}],"text",null,{"shown":1},' +
        '{"view":{"_placeholder":true,"num":2}},{"list":true}]',
    );
  });

  it("keeps a key named toJSON that is data", () => {
    expect(encode("a", { toJSON: 1, view })[0]).toBe('51-["a",{"toJSON":1,"view":{"_placeholder":true,"num":0}}]');
  });

  it("is not misled by a polluted Object.prototype", () => {
    const polluted = Object.prototype as { view?: unknown };
    try {
      polluted.view = view;
      expect(encode("a", { b: 1 })).toEqual(['2["a",{"b":1}]']);
    } finally {
      delete polluted.view;
    }
  });

  it("passes the user's own placeholder through when there is no binary, and refuses it beside binary", () => {
    const own = { _placeholder: true, num: 0 };
    expect(roundTrip(event("a", own))).toEqual(event("a", own));
    expect(codeOf(() => encode("a", own, view))).toBe("ERR_RESERVED_PLACEHOLDER");
    expect(codeOf(() => encode("a", view, [{ x: own }]))).toBe("ERR_RESERVED_PLACEHOLDER");
    expect(encode("a", { _placeholder: false, num: 0 }, view)).toHaveLength(2);
  });

  it("reads binary acks back as acks", () => {
    expect(roundTrip({ type: PacketType.ACK, nsp: "/x", id: 1, data: [Buffer.from("x")] })).toEqual({
      type: PacketType.ACK,
      nsp: "/x",
      id: 1,
      data: [Buffer.from("x")],
    });
  });
});

describe("Encoder with data that can't be encoded", () => {
  const nested = (levels: number): unknown => {
    let value: unknown = {};
    for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
    return value;
  };

  it("names circular data as such, wherever the circle closes", () => {
    const self: Record<string, unknown> = { view: Buffer.from("x") };
    self["self"] = self;
    const ring: unknown[] = [];
    ring.push({ a: [{ ring }] });
    for (const data of [self, ring, { deep: { er: self } }]) {
      expect(codeOf(() => encode("a", data))).toBe("ERR_CIRCULAR_DATA");
    }
    const auth: Record<string, unknown> = {};
    auth["auth"] = auth;
    const connect = { type: PacketType.CONNECT, nsp: "/", data: auth };
    expect(codeOf(() => new Encoder().encode(connect))).toBe("ERR_NOT_SERIALIZABLE");
  });

  it("takes the same object twice for no circle", () => {
    const shared = { x: 1 };
    expect(encode("a", shared, [shared, { shared }])).toEqual(['2["a",{"x":1},[{"x":1},{"shared":{"x":1}}]]']);
  });

  it("goes as deep as the reader, and refuses one level more and 100,000 alike", () => {
    expect(roundTrip(event("a", nested(999)))).toEqual(event("a", nested(999)));
    expect(codeOf(() => encode("a", nested(1000)))).toBe("ERR_DATA_TOO_DEEP");
    expect(codeOf(() => encode("a", nested(100_000)))).toBe("ERR_DATA_TOO_DEEP");
    const endless = { toJSON: (): unknown => [endless] };
    expect(codeOf(() => encode("a", endless))).toBe("ERR_DATA_TOO_DEEP");
  });

  it("reports what JSON refuses, with its cause", () => {
    expect(codeOf(() => encode("a", 1n))).toBe("ERR_NOT_SERIALIZABLE");
    const failing = (thrown: unknown) => () =>
      new Encoder(() => {
        throw thrown;
      }).encode(event("a"));
    expect(failing(new RangeError("no"))).toThrow("failed to encode packet: no");
    expect(failing("text")).toThrow("failed to encode packet: text");
  });
});
