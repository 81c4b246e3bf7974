import { afterEach, describe, expect, it, vi } from "vitest";
import { toBytes } from "../test/vectors.js";
import {
  MAX_PAYLOAD_PACKETS,
  decodeEnginePacket,
  decodeEnginePayload,
  encodeEnginePacket,
  encodeEnginePayload,
} from "./engine-packet.js";
import type { EnginePacket } from "./engine-packet.js";
import type { RawData } from "./binary.js";

const encode = (packet: EnginePacket, supportsBinary: boolean): Promise<RawData> =>
  new Promise((resolve, reject) => {
    encodeEnginePacket(packet, supportsBinary, resolve, reject);
  });
const encodePayload = (packets: EnginePacket[]): Promise<string> =>
  new Promise((resolve, reject) => {
    encodeEnginePayload(packets, resolve, reject);
  });
const brokenBlob = (): Blob =>
  Object.assign(new Blob(["x"]), { arrayBuffer: () => Promise.reject(new Error("the file is gone")) });

describe("decodeEnginePacket", () => {
  it("gives binary data in the asked form, and only the bytes of a view", () => {
    const memory = new Uint8Array([9, 1, 2, 3, 9]);
    const chunks = [
      Buffer.from(memory.buffer, 1, 3),
      memory.subarray(1, 4),
      new DataView(memory.buffer, 1, 3),
      memory.slice(1, 4),
      memory.slice(1, 4).buffer,
    ];
    for (const chunk of chunks) {
      const asBuffer = decodeEnginePacket(chunk, "nodebuffer");
      expect(asBuffer).toEqual({ type: "message", data: Buffer.from([1, 2, 3]) });
      expect(Buffer.isBuffer(asBuffer?.data)).toBe(true);
      expect(Buffer.isBuffer(decodeEnginePacket(chunk)?.data)).toBe(true);
      const asArrayBuffer = decodeEnginePacket(chunk, "arraybuffer")?.data;
      expect(asArrayBuffer).toBeInstanceOf(ArrayBuffer);
      expect(toBytes(asArrayBuffer as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    }
    expect(decodeEnginePacket("bAQID", "arraybuffer")?.data).toEqual(new Uint8Array([1, 2, 3]).buffer);
  });

  it("takes the bytes of elements that are wider than one", () => {
    expect(decodeEnginePacket(new Uint16Array([0x0201, 0x0403]))?.data).toEqual(Buffer.from([1, 2, 3, 4]));
  });

  it("does not copy a Buffer", () => {
    const chunk = Buffer.from([1, 2, 3]);
    expect(decodeEnginePacket(chunk)?.data).toBe(chunk);
  });

  it("does not crash on invalid base64", () => {
    for (const text of ["b!!!", "b=", "b====", "bA", "b\u0000", "b€", "b" + "=".repeat(1000)]) {
      for (const type of ["nodebuffer", "arraybuffer"] as const) {
        expect(decodeEnginePacket(text, type)?.type).toBe("message");
      }
    }
  });

  it("calls anything that is neither text nor binary malformed", () => {
    for (const chunk of [null, undefined, 1, {}, [], true, { type: "message" }]) {
      expect(decodeEnginePacket(chunk as unknown as string)).toBeUndefined();
    }
  });

  it("calls it malformed when the engine cannot read it, instead of throwing", () => {
    const blob = new Blob(["x"]);
    expect(decodeEnginePacket(blob as unknown as string)).toBeUndefined();
  });
});

describe("encodeEnginePacket", () => {
  it("writes falsy data as an empty message and numbers as text", async () => {
    expect(await encode({ type: "message", data: "" }, true)).toBe("4");
    expect(await encode({ type: "message", data: 5 as unknown as string }, true)).toBe("45");
    expect(await encode({ type: "message", data: null as unknown as string }, true)).toBe("4");
  });

  it("hands binary data on as it is, or as base64 of its bytes", async () => {
    const memory = new Uint8Array([9, 1, 2, 3, 9]);
    for (const data of [memory.subarray(1, 4), memory.slice(1, 4).buffer, new DataView(memory.buffer, 1, 3)]) {
      expect(await encode({ type: "message", data }, true)).toBe(data);
      expect(await encode({ type: "message", data }, false)).toBe("bAQID");
    }
  });

  it("encodes synchronously what needs no reading", () => {
    const callback = vi.fn();
    encodeEnginePacket({ type: "message", data: new Uint8Array([1]) }, false, callback);
    encodeEnginePacket({ type: "message", data: new Blob(["x"]) }, true, callback);
    expect(callback).toHaveBeenCalledTimes(2);
  });

  it("reads a Blob when the transport takes only text", async () => {
    const blob = new Blob([new Uint8Array([1, 2, 3])]);
    expect(await encode({ type: "message", data: blob }, true)).toBe(blob);
    expect(await encode({ type: "message", data: blob }, false)).toBe("bAQID");
  });

  it("leaves a Blob that only a FileReader can read to the parser", () => {
    const callback = vi.fn();
    const oldBlob = Object.assign(new Blob(["x"]), { arrayBuffer: undefined }) as unknown as Blob;
    encodeEnginePacket({ type: "message", data: oldBlob }, false, callback);
    // The parser of this platform has no FileReader; the one of browsers has.
    expect(callback).toHaveBeenCalledWith("4[object Blob]");
  });

  it("sends a noop for a Blob that can't be read, and says so", async () => {
    await expect(encode({ type: "message", data: brokenBlob() }, false)).rejects.toThrow("the file is gone");
    const sent = await new Promise((resolve) => {
      encodeEnginePacket({ type: "message", data: brokenBlob() }, false, resolve);
    });
    expect(sent).toBe("6");
  });
});

describe("encodeEnginePayload", () => {
  it("keeps the order when some packets have to be read first", async () => {
    const packets: EnginePacket[] = [
      { type: "message", data: new Blob([new Uint8Array([1])]) },
      { type: "message", data: "a" },
      { type: "message", data: new Blob([new Uint8Array([2])]) },
      { type: "ping" },
    ];
    const encoding = encodePayload(packets);
    packets.push({ type: "close" });
    expect(await encoding).toBe("bAQ==\x1e4a\x1ebAg==\x1e2");
  });

  it("reports a Blob that can't be read and sends the rest", async () => {
    const onError = vi.fn();
    const packets: EnginePacket[] = [
      { type: "message", data: brokenBlob() },
      { type: "message", data: "a" },
    ];
    const text = await new Promise((resolve) => {
      encodeEnginePayload(packets, resolve, onError);
    });
    expect(text).toBe("6\x1e4a");
    expect(onError).toHaveBeenCalledOnce();
  });
});

describe("decodeEnginePayload", () => {
  it("gives binary data in the asked form", () => {
    const { packets } = decodeEnginePayload("bAQID\x1e4a", { binaryType: "arraybuffer" });
    expect(packets).toEqual([
      { type: "message", data: new Uint8Array([1, 2, 3]).buffer },
      { type: "message", data: "a" },
    ]);
  });

  it("stops at the cap on packets, which is 50,000 unless asked otherwise", () => {
    const text = (count: number): string => new Array<string>(count).fill("6").join("\x1e");
    expect(decodeEnginePayload(text(MAX_PAYLOAD_PACKETS))).toMatchObject({ malformed: false });
    const flood = decodeEnginePayload(text(MAX_PAYLOAD_PACKETS * 2));
    expect(flood.malformed).toBe(true);
    expect(flood.packets.length).toBe(50_000);
    expect(decodeEnginePayload("4a", { maxPackets: 0 })).toEqual({ packets: [], malformed: true });
  });
});

describe("an engine without Buffer", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it("hands the parser exactly the bytes of a view", async () => {
    vi.resetModules();
    // Only the check at load time sees no Buffer: the parser of this platform still needs it.
    const buffer = Buffer;
    Reflect.deleteProperty(globalThis, "Buffer");
    const fresh = await import("./engine-packet.js");
    vi.stubGlobal("Buffer", buffer);
    const memory = new Uint8Array([9, 1, 2, 3, 9]);
    expect(fresh.decodeEnginePacket(memory.subarray(1, 4))?.data).toEqual(Buffer.from([1, 2, 3]));
    expect(fresh.decodeEnginePacket(memory)?.data).toEqual(Buffer.from(memory));
    globalThis.Buffer = buffer;
  });
});
