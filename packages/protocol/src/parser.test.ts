import { describe, expect, it, vi } from "vitest";
import { Encoder } from "./encoder.js";
import { createReader, defaultParser } from "./parser.js";
import type { PacketDecoder } from "./parser.js";
import type { Packet } from "./socket-packet.js";

describe("createReader", () => {
  it("reads without an emitter when no parser is given, with the limits given", () => {
    const onPacket = vi.fn();
    const reader = createReader(undefined, onPacket, { maxAttachments: 1 });
    reader.read('2["a"]');
    expect(onPacket).toHaveBeenCalledWith({ type: 2, nsp: "/", data: ["a"] });
    expect(() => {
      reader.read('52-["a"]');
    }).toThrow("too many attachments");
    expect(reader.waiting).toBe(false);
    reader.read('51-["a"]');
    expect(reader.waiting).toBe(true);
    reader.destroy();
    expect(reader.waiting).toBe(false);
  });

  it("reads with the default parser too, if it is given by hand", () => {
    const onPacket = vi.fn();
    const reader = createReader(defaultParser, onPacket);
    reader.read('2["a"]');
    expect(onPacket).toHaveBeenCalledWith({ type: 2, nsp: "/", data: ["a"] });
  });

  it("listens to the decoder of a custom parser and passes its errors on", () => {
    const destroy = vi.fn();
    class JsonDecoder implements PacketDecoder {
      #listener: ((packet: Packet) => void) | undefined;
      on(_: "decoded", listener: (packet: Packet) => void): void {
        this.#listener = listener;
      }
      add(chunk: string): void {
        this.#listener?.(JSON.parse(chunk) as Packet);
      }
      destroy = destroy;
    }
    const onPacket = vi.fn();
    const reader = createReader({ Encoder, Decoder: JsonDecoder }, onPacket);
    reader.read('{"type":2,"nsp":"/","data":["a"]}');
    expect(onPacket).toHaveBeenCalledWith({ type: 2, nsp: "/", data: ["a"] });
    expect(() => {
      reader.read("{");
    }).toThrow(SyntaxError);
    expect(reader.waiting).toBe(false);
    reader.destroy();
    expect(destroy).toHaveBeenCalledOnce();
  });

  it("does without the destroy of a custom decoder", () => {
    class MinimalDecoder implements PacketDecoder {
      on(): void {}
      add(): void {}
    }
    const reader = createReader({ Encoder, Decoder: MinimalDecoder }, vi.fn());
    expect(() => {
      reader.destroy();
    }).not.toThrow();
  });
});
