// The Socket.IO parser: what each packet looks like on the wire, and what each text is read as.
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { PEERS } from "./support/peers.js";
import { bytes, decode, encode } from "./support/parser.js";
import type { Packet } from "./support/parser.js";

describe.each(PEERS)("$name: the parser's exports", (peer) => {
  test("are named as documented", () => {
    const { Decoder, Encoder, PacketType, isPacketValid, protocol } = peer.protocol;
    for (const each of [Decoder, Encoder, isPacketValid]) expect(each).toBeTypeOf("function");
    expect(protocol).toBe(5);
    expect(PacketType).toMatchObject({
      CONNECT: 0,
      DISCONNECT: 1,
      EVENT: 2,
      ACK: 3,
      CONNECT_ERROR: 4,
      BINARY_EVENT: 5,
      BINARY_ACK: 6,
    });
  });

  test("make a decoder that is an emitter", () => {
    const decoder = new peer.protocol.Decoder();
    const seen: unknown[] = [];
    const listener = (packet: unknown): void => void seen.push(packet);
    decoder.on("decoded", listener);
    decoder.add("0");
    decoder.off("decoded", listener);
    decoder.add("0");
    expect(seen).toHaveLength(1);
    decoder.once("decoded", listener);
    decoder.add("0");
    decoder.add("0");
    expect(seen).toHaveLength(2);
    expect(decoder).not.toBeInstanceOf(EventEmitter);
  });
});

describe.each(PEERS)("$name: a packet and its text", (peer) => {
  test.each<[Packet, string]>([
    [{ type: 0, nsp: "/" }, "0"],
    [{ type: 0, nsp: "/woot" }, "0/woot,"],
    [{ type: 0, nsp: "/woot?token=1&a=b" }, "0/woot?token=1&a=b,"],
    [{ type: 0, nsp: "/", data: { token: "123" } }, '0{"token":"123"}'],
    [{ type: 0, nsp: "/admin", data: { a: 1 } }, '0/admin,{"a":1}'],
    [{ type: 1, nsp: "/" }, "1"],
    [{ type: 1, nsp: "/woot" }, "1/woot,"],
    [{ type: 2, nsp: "/", data: ["a", 1, {}] }, '2["a",1,{}]'],
    [{ type: 2, nsp: "/", data: ["a"] }, '2["a"]'],
    [{ type: 2, nsp: "/test", data: ["a", 1, {}] }, '2/test,["a",1,{}]'],
    [{ type: 2, nsp: "/", id: 0, data: ["a"] }, '20["a"]'],
    [{ type: 2, nsp: "/", id: 12, data: ["a"] }, '212["a"]'],
    [{ type: 2, nsp: "/test", id: 12, data: ["a"] }, '2/test,12["a"]'],
    [{ type: 2, nsp: "/", data: [1, "number"] }, '2[1,"number"]'],
    [
      { type: 2, nsp: "/", data: ["a", null, true, "é€🎉", [1, [2]], { b: { c: null } }] },
      '2["a",null,true,"é€🎉",[1,[2]],{"b":{"c":null}}]',
    ],
    [{ type: 2, nsp: "/", data: ["__proto__", { constructor: 1 }] }, '2["__proto__",{"constructor":1}]'],
    [{ type: 3, nsp: "/", id: 123, data: ["a", 1] }, '3123["a",1]'],
    [{ type: 3, nsp: "/", id: 0, data: [] }, "30[]"],
    [{ type: 3, nsp: "/back", id: 3, data: [{}] }, "3/back,3[{}]"],
    [{ type: 4, nsp: "/", data: "Unauthorized" }, '4"Unauthorized"'],
    [{ type: 4, nsp: "/", data: { message: "no" } }, '4{"message":"no"}'],
    [{ type: 4, nsp: "/a", data: { message: "no", data: { b: 1 } } }, '4/a,{"message":"no","data":{"b":1}}'],
  ])("%o is %s", (packet, text) => {
    expect(encode(peer, packet)).toEqual([text]);
    expect(decode(peer, [text])).toEqual([packet]);
  });

  test.each<[Packet, string]>([
    [{ type: 2, nsp: "/", data: ["a", undefined, () => 1] }, '2["a",null,null]'],
    [{ type: 2, nsp: "/", data: ["a", new Date(0)] }, '2["a","1970-01-01T00:00:00.000Z"]'],
    [{ type: 2, nsp: "/", data: ["a", NaN, Infinity] }, '2["a",null,null]'],
    [{ type: 2, nsp: "/", data: ["a", { toJSON: () => "json" }] }, '2["a","json"]'],
    [{ type: 2, nsp: "/", data: ["a", Object.assign(Object.create(null), { b: 1 })] }, '2["a",{"b":1}]'],
    [{ type: 2, nsp: "/", data: ["a", new Map([[1, 2]])] }, '2["a",{}]'],
  ])("%o is written as %s", (packet, text) => {
    expect(encode(peer, packet)).toEqual([text]);
  });

  test.each<[string, Packet]>([
    ["0/woot", { type: 0, nsp: "/woot" }],
    ["1/woot", { type: 1, nsp: "/woot" }],
    ['2/a/b,["x"]', { type: 2, nsp: "/a/b", data: ["x"] }],
    ['2["a","/,"]', { type: 2, nsp: "/", data: ["a", "/,"] }],
    ['2007["a"]', { type: 2, nsp: "/", id: 7, data: ["a"] }],
    ['2["a",{"__proto__":1}]', { type: 2, nsp: "/", data: ["a", JSON.parse('{"__proto__":1}')] }],
  ])("%s is read as %o", (text, packet) => {
    expect(decode(peer, [text])).toEqual([packet]);
  });

  test("goes through a replacer and a reviver", () => {
    const packet = { type: 2, nsp: "/", data: ["a", { n: 1 }] };
    const [text] = encode(peer, packet, (key, value) => (key === "n" ? "1n" : value));
    expect(text).toBe('2["a",{"n":"1n"}]');
    const reviver = (_key: string, value: unknown): unknown => (value === "1n" ? 1n : value);
    expect(decode(peer, [text], reviver)).toEqual([{ type: 2, nsp: "/", data: ["a", { n: 1n }] }]);
    expect(decode(peer, [text], { reviver })).toEqual([{ type: 2, nsp: "/", data: ["a", { n: 1n }] }]);
  });

  test("is not changed by encoding it", () => {
    const inner = { b: bytes(1), c: [bytes(2)] };
    const packet = Object.freeze({
      type: 2,
      nsp: "/",
      id: 1,
      data: Object.freeze(["a", Object.freeze(inner)]) as unknown[],
    });
    encode(peer, packet);
    expect(packet).toEqual({ type: 2, nsp: "/", id: 1, data: ["a", { b: bytes(1), c: [bytes(2)] }] });
  });

  test.each<[string, () => unknown]>([
    [
      "an object",
      () => {
        const a: Record<string, unknown> = {};
        a["b"] = a;
        return a;
      },
    ],
    [
      "a list",
      () => {
        const a: unknown[] = [];
        a.push([a]);
        return a;
      },
    ],
  ])("can't be circular: %s", (_what, make) => {
    expect(() => encode(peer, { type: 2, nsp: "/", data: ["a", make()] })).toThrow();
  });
});

describe.each(PEERS)("$name: binary data", (peer) => {
  const place = (num: number): string => `{"_placeholder":true,"num":${num}}`;

  test.each<[string, Packet, string, Buffer[]]>([
    ["a Buffer", { type: 2, nsp: "/", data: ["a", bytes(1)] }, `51-["a",${place(0)}]`, [bytes(1)]],
    [
      "a Buffer in a namespace with an id",
      { type: 2, nsp: "/cool", id: 23, data: ["a", bytes(1)] },
      `51-/cool,23["a",${place(0)}]`,
      [bytes(1)],
    ],
    [
      "an acknowledgement",
      { type: 3, nsp: "/back", id: 127, data: ["a", bytes(1), {}] },
      `61-/back,127["a",${place(0)},{}]`,
      [bytes(1)],
    ],
    [
      "several, deep",
      { type: 2, nsp: "/", data: ["a", { b: bytes(1), c: [{ d: bytes(2) }, bytes(3)] }] },
      `53-["a",{"b":${place(0)},"c":[{"d":${place(1)}},${place(2)}]}]`,
      [bytes(1), bytes(2), bytes(3)],
    ],
    [
      "a null-prototype object",
      { type: 2, nsp: "/", data: ["a", Object.assign(Object.create(null), { b: bytes(1) })] },
      `51-["a",{"b":${place(0)}}]`,
      [bytes(1)],
    ],
    [
      "what toJSON gives",
      { type: 2, nsp: "/", data: ["a", { toJSON: () => bytes(1) }] },
      `51-["a",${place(0)}]`,
      [bytes(1)],
    ],
    [
      "what is in what toJSON gives",
      { type: 2, nsp: "/", data: ["a", { toJSON: () => ({ b: bytes(1) }) }] },
      `51-["a",{"b":${place(0)}}]`,
      [bytes(1)],
    ],
    [
      "beside a date",
      { type: 2, nsp: "/", data: ["a", new Date(0), bytes(1)] },
      `51-["a","1970-01-01T00:00:00.000Z",${place(0)}]`,
      [bytes(1)],
    ],
    [
      "the same twice",
      { type: 2, nsp: "/", data: ["a", bytes(1), bytes(1)] },
      `52-["a",${place(0)},${place(1)}]`,
      [bytes(1), bytes(1)],
    ],
    ["an empty Buffer", { type: 2, nsp: "/", data: ["a", bytes()] }, `51-["a",${place(0)}]`, [bytes()]],
  ])("%s", (_what, packet, text, attachments) => {
    expect(encode(peer, packet)).toEqual([text, ...attachments]);
  });

  test.each<[string, unknown]>([
    ["a Uint8Array", new Uint8Array([1, 2])],
    ["an Int32Array", new Int32Array([1])],
    ["a DataView", new DataView(new ArrayBuffer(3), 1)],
    ["an ArrayBuffer", new ArrayBuffer(2)],
    ["a Blob", new Blob(["a"])],
    ["a File", new File(["a"], "a.txt")],
  ])("is handed on as it is: %s", (_what, data) => {
    const [text, attachment] = encode(peer, { type: 2, nsp: "/", data: ["a", data] });
    expect(text).toBe(`51-["a",${place(0)}]`);
    expect(attachment).toBe(data);
  });

  test.each<[unknown[], Packet]>([
    [[`51-["a",${place(0)}]`, bytes(1)], { type: 2, nsp: "/", data: ["a", bytes(1)] }],
    [[`61-/n,7[${place(0)}]`, bytes(1)], { type: 3, nsp: "/n", id: 7, data: [bytes(1)] }],
    [[`52-["a",${place(1)},${place(0)}]`, bytes(1), bytes(2)], { type: 2, nsp: "/", data: ["a", bytes(2), bytes(1)] }],
    [
      [`51-["a",{"b":[${place(0)}]}]`, new Uint8Array([1]).buffer],
      { type: 2, nsp: "/", data: ["a", { b: [new Uint8Array([1]).buffer] }] },
    ],
  ])("%o is read as %o", (chunks, packet) => {
    const [decoded] = decode(peer, chunks);
    expect({ ...decoded, attachments: undefined }).toEqual({ ...packet, attachments: undefined });
  });

  test("is read in the order of its packets", () => {
    const packets = decode(peer, [`51-["a",${place(0)}]`, bytes(1), '2["b"]', `51-["c",${place(0)}]`, bytes(2)]);
    expect(packets.map(({ data }) => data)).toEqual([["a", bytes(1)], ["b"], ["c", bytes(2)]]);
  });

  test("is forgotten by destroy(), and reading goes on", () => {
    const decoder = new peer.protocol.Decoder();
    const seen: unknown[] = [];
    decoder.on("decoded", (packet) => seen.push(packet.data));
    decoder.add(`51-["a",${place(0)}]`);
    decoder.destroy();
    decoder.add('2["b"]');
    expect(seen).toEqual([["b"]]);
    decoder.destroy();
  });

  test("with as many attachments as allowed", () => {
    const places = Array.from({ length: 10 }, (_, index) => place(index)).join();
    const data = Array.from({ length: 10 }, (_, index) => bytes(index));
    expect(decode(peer, [`510-["a",${places}]`, ...data])[0]?.data).toEqual(["a", ...data]);
    expect(decode(peer, [`52-["a",${place(0)},${place(1)}]`, bytes(1), bytes(2)], { maxAttachments: 2 })).toHaveLength(
      1,
    );
    expect(() => decode(peer, [`53-["a"]`], { maxAttachments: 2 })).toThrow("too many attachments");
  });
});
