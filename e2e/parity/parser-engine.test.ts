// The Engine.IO parser under the names that its users know, from @everwire/protocol and as `parser` of the engine.
import { describe, expect, test } from "vitest";
import { PEERS } from "./support/peers.js";
import type { Peer } from "./support/peers.js";

type Data = string | ArrayBuffer | ArrayBufferView;
interface Packet {
  type: string;
  data?: Data;
}

const encoded = (peer: Peer, packet: Packet, supportsBinary: boolean): unknown => {
  let result: unknown;
  peer.protocol.encodePacket(packet as never, supportsBinary, (value) => (result = value));
  return result;
};

const SEPARATOR = "\x1e";

describe.each(PEERS)("$name: an engine packet", (peer) => {
  const { decodePacket, decodePayload, encodePayload } = peer.protocol;

  test.each<[Packet, string]>([
    [{ type: "open", data: "{}" }, "0{}"],
    [{ type: "close" }, "1"],
    [{ type: "ping", data: "1" }, "21"],
    [{ type: "ping" }, "2"],
    [{ type: "pong", data: "1" }, "31"],
    [{ type: "message", data: "test" }, "4test"],
    [{ type: "message", data: "utf8 — string €" }, "4utf8 — string €"],
    [{ type: "upgrade" }, "5"],
    [{ type: "noop" }, "6"],
  ])("%o is %s", (packet, text) => {
    expect(encoded(peer, packet, true)).toBe(text);
    expect(encoded(peer, packet, false)).toBe(text);
    expect(decodePacket(text)).toEqual(packet);
  });

  test.each(["", "a", "7", "9x", "-1"])("%j is an error", (text) => {
    expect(decodePacket(text)).toEqual({ type: "error", data: "parser error" });
  });

  test("of bytes is bytes, or text behind a b", () => {
    const data = Buffer.from([1, 2, 3, 4]);
    expect(encoded(peer, { type: "message", data }, true)).toBe(data);
    expect(encoded(peer, { type: "message", data }, false)).toBe("bAQIDBA==");
    expect(encoded(peer, { type: "message", data: new Uint8Array(data) }, false)).toBe("bAQIDBA==");
    expect(encoded(peer, { type: "message", data: new Uint16Array([1]) }, false)).toBe("bAQA=");
    expect(encoded(peer, { type: "message", data: new Uint8Array(data).buffer }, false)).toBe("bAQIDBA==");
    expect(decodePacket("bAQIDBA==")).toEqual({ type: "message", data });
    expect(decodePacket(data)).toEqual({ type: "message", data });
    expect(decodePacket("bAQIDBA==", "arraybuffer").data).toBeInstanceOf(ArrayBuffer);
    expect(decodePacket(data, "arraybuffer").data).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.isBuffer(decodePacket("bAQIDBA==", "nodebuffer").data)).toBe(true);
  });

  test("goes into a payload", () => {
    const payload = (packets: Packet[]): string => {
      let result = "";
      encodePayload(packets as never, (text) => (result = text));
      return result;
    };
    const packets: Packet[] = [
      { type: "open" },
      { type: "close" },
      { type: "ping", data: "probe" },
      { type: "message", data: "test" },
    ];
    const text = ["0", "1", "2probe", "4test"].join(SEPARATOR);
    expect(payload(packets)).toBe(text);
    expect(decodePayload(text)).toEqual(packets);
    expect(
      payload([
        { type: "message", data: Buffer.from([1]) },
        { type: "message", data: "a" },
      ]),
    ).toBe(`bAQ==${SEPARATOR}4a`);
  });

  test.each<[string, Packet[]]>([
    ["{", [{ type: "error", data: "parser error" }]],
    ["{}", [{ type: "error", data: "parser error" }]],
    ['["a123", "a456"]', [{ type: "error", data: "parser error" }]],
    [
      `4a${SEPARATOR}x${SEPARATOR}4b`,
      [
        { type: "message", data: "a" },
        { type: "error", data: "parser error" },
      ],
    ],
    ["", [{ type: "error", data: "parser error" }]],
  ])("payload %j is read as %o", (text, packets) => {
    expect(decodePayload(text)).toEqual(packets);
  });

  test("is the same from the engine's parser", () => {
    expect(peer.engine.parser.decodePacket("4a")).toEqual({ type: "message", data: "a" });
    expect(peer.engine.parser.protocol).toBe(4);
  });
});

describe.each(PEERS)("$name: a stream of packets", (peer) => {
  const { createPacketDecoderStream, createPacketEncoderStream } = peer.protocol;

  const through = async (stream: TransformStream, ...chunks: unknown[]): Promise<unknown[]> => {
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const written = Promise.all([...chunks.map((chunk) => writer.write(chunk)), writer.close()]).catch(() => undefined);
    const read: unknown[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      read.push(value);
    }
    await written;
    return read;
  };

  test.each<[Packet, number[]]>([
    [{ type: "message", data: "1€" }, [5, 52, 49, 226, 130, 172]],
    [{ type: "message", data: Buffer.from([1, 2, 3]) }, [131, 1, 2, 3]],
    [{ type: "noop" }, [1, 54]],
  ])("%o becomes %o", async (packet, expected) => {
    const chunks = (await through(createPacketEncoderStream() as TransformStream, packet)) as Uint8Array[];
    expect(chunks.flatMap((chunk) => [...chunk])).toEqual(expected);
  });

  test.each([
    [125, [0x7d]],
    [126, [0x7e, 0, 126]],
    [65_535, [0x7e, 255, 255]],
    [65_536, [0x7f, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("a packet of %i bytes has the header %o", async (length, header) => {
    const packet = { type: "message", data: "a".repeat(length - 1) };
    const chunks = (await through(createPacketEncoderStream() as TransformStream, packet)) as Uint8Array[];
    expect([...(chunks[0] ?? [])]).toEqual(header);
  });

  test.each<[number[][], Packet[]]>([
    [[[5, 52, 49, 226, 130, 172]], [{ type: "message", data: "1€" }]],
    [[[5], [52, 49], [226, 130], [172]], [{ type: "message", data: "1€" }]],
    [[[131, 1, 2, 3]], [{ type: "message", data: Buffer.from([1, 2, 3]) }]],
    [[[1, 54, 2, 52, 97]], [{ type: "noop" }, { type: "message", data: "a" }]],
    [[[0]], [{ type: "error", data: "parser error" }]],
    [[[11]], [{ type: "error", data: "parser error" }]],
    [[[127, 1, 0, 0, 0, 0, 0, 0, 0]], [{ type: "error", data: "parser error" }]],
  ])("%o is read as %o", async (chunks, packets) => {
    const stream = createPacketDecoderStream(10, "nodebuffer") as TransformStream;
    expect(await through(stream, ...chunks.map((chunk) => Uint8Array.from(chunk)))).toEqual(packets);
  });
});
