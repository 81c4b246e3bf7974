import { describe, expect, it } from "vitest";
import { ProtocolError } from "./errors.js";
import { PacketReader } from "./packet-reader.js";

const PLACEHOLDER = '{"_placeholder":true,"num":0}';

describe("PacketReader", () => {
  it("waits between a packet's text and its last attachment", () => {
    const reader = new PacketReader();
    expect(reader.waiting).toBe(false);
    expect(reader.read(`51-["a",${PLACEHOLDER}]`)).toBeUndefined();
    expect(reader.waiting).toBe(true);
    expect(reader.read(Buffer.from("x"))).toEqual({ type: 2, nsp: "/", data: ["a", Buffer.from("x")] });
    expect(reader.waiting).toBe(false);
  });

  it("forgets a half-received packet on destroy, and goes on", () => {
    const reader = new PacketReader();
    reader.read('51-["a"]');
    reader.destroy();
    expect(reader.waiting).toBe(false);
    expect(reader.read('2["b"]')).toEqual({ type: 2, nsp: "/", data: ["b"] });
    expect(() => reader.read(Buffer.from("x"))).toThrow("got binary data when not reconstructing a packet");
  });

  it("hands attachments on as they came", () => {
    for (const chunk of [
      Buffer.from("x"),
      new ArrayBuffer(2),
      new DataView(new ArrayBuffer(2)),
      new Blob(["x"]),
      { base64: true, data: "AQ==" } as const,
    ]) {
      const reader = new PacketReader();
      reader.read(`51-["a",${PLACEHOLDER}]`);
      const packet = reader.read(chunk);
      expect((packet?.data as unknown[])[1]).toBe(chunk);
    }
  });

  it("caps the bytes of all attachments of one packet, exactly", () => {
    const reader = new PacketReader({ maxAttachmentBytes: 4 });
    for (const sizes of [
      [4, 0],
      [2, 2],
    ]) {
      reader.read('52-["a"]');
      const packets = sizes.map((size) => reader.read(new Uint8Array(size)));
      expect(packets.at(-1)).toBeDefined();
    }
    reader.read('52-["a"]');
    reader.read(new Uint8Array(4));
    expect(() => reader.read(new Blob(["x"]))).toThrow("attachments too large");
    expect(reader.waiting).toBe(false);
  });

  it("takes as many attachments as it was told to", () => {
    const reader = new PacketReader({ maxAttachments: 11 });
    reader.read('511-["a"]');
    expect(() => new PacketReader({ maxAttachments: 0 }).read('51-["a"]')).toThrow("too many attachments");
  });

  it("names a chunk that is neither text nor binary", () => {
    const circular = Object.create(null) as object;
    const chunks: [unknown, string][] = [
      [null, "null"],
      [undefined, "undefined"],
      [5, "5"],
      [{}, "[object Object]"],
      [circular, "object"],
      [Symbol("x"), "Symbol(x)"],
    ];
    for (const [chunk, name] of chunks) {
      const reader = new PacketReader();
      reader.read('51-["a"]');
      expect(() => reader.read(chunk as string)).toThrow(
        new ProtocolError("ERR_UNKNOWN_CHUNK", `Unknown type: ${name}`),
      );
      expect(reader.waiting).toBe(false);
    }
  });

  it("tells why JSON was refused", () => {
    try {
      new PacketReader().read('2["a');
      expect.unreachable();
    } catch (error) {
      expect((error as ProtocolError).cause).toBeInstanceOf(SyntaxError);
    }
  });

  it("lets neither keys nor namespaces touch a prototype", () => {
    const packet = new PacketReader().read('2/__proto__,["a",{"__proto__":{"polluted":1}}]');
    expect(packet?.nsp).toBe("/__proto__");
    const argument = (packet?.data as unknown[])[1] as object;
    expect(Object.getPrototypeOf(argument)).toBe(Object.prototype);
    expect(Object.keys(argument)).toEqual(["__proto__"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const reader = new PacketReader();
    reader.read(`51-["a",{"__proto__":${PLACEHOLDER}}]`);
    const filled = (reader.read(Buffer.from("x"))?.data as unknown[])[1] as object;
    expect(Object.getOwnPropertyDescriptor(filled, "__proto__")?.value).toEqual(Buffer.from("x"));
    expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
  });
});

describe("PacketReader with a reviver", () => {
  it("gives it every value", () => {
    const reader = new PacketReader({ reviver: (_, value: unknown) => (value === "5n" ? 5n : value) });
    expect(reader.read('2["a","5n",{"b":"5n"}]')?.data).toEqual(["a", 5n, { b: 5n }]);
  });

  it("takes its throw for an invalid payload", () => {
    const cause = new Error("no such thing");
    const reviver = (): never => {
      throw cause;
    };
    try {
      new PacketReader({ reviver }).read('2["a"]');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ message: "invalid payload", cause });
    }
  });

  it("checks the payload that it made", () => {
    expect(() => new PacketReader({ reviver: () => undefined }).read('2["a"]')).toThrow("invalid payload");
  });

  it("fills no live object that it puts into the data, and does not follow circles", () => {
    class Live {
      readonly slot = { _placeholder: true, num: 0 };
    }
    const live = new Live();
    const circle: Record<string, unknown> = {};
    circle["circle"] = circle;
    const bare = Object.assign(Object.create(null) as object, { slot: null });
    const reviver = (_: string, value: unknown): unknown =>
      value === "live" ? live : value === "circle" ? circle : value === "bare" ? bare : value;
    const reader = new PacketReader({ reviver });
    reader.read(`51-["a","live","circle","bare",${PLACEHOLDER}]`);
    const packet = reader.read(Buffer.from("x"));
    expect((packet?.data as unknown[])[4]).toEqual(Buffer.from("x"));
    expect(live.slot).toEqual({ _placeholder: true, num: 0 });
  });
});

describe("PacketReader and deep data", () => {
  const deep = (levels: number): string => `2["a",${"[".repeat(levels)}${"]".repeat(levels)}]`;

  it("refuses 10,000 levels, and a million, without a stack overflow", () => {
    for (const levels of [10_000, 1_000_000]) {
      expect(() => new PacketReader().read(deep(levels))).toThrow("invalid payload");
      expect(() => new PacketReader({ reviver: (_, value: unknown) => value }).read(deep(levels))).toThrow(
        "invalid payload",
      );
    }
  });

  it("fills attachments at any depth that it was told to allow", () => {
    const reader = new PacketReader({ maxDepth: 100_000 });
    reader.read(`51-["a",${"[".repeat(50_000)}${PLACEHOLDER}${"]".repeat(50_000)}]`);
    expect(reader.read(Buffer.from("x"))).toBeDefined();
  });
});
