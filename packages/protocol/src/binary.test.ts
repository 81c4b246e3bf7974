import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { byteLengthOf, isArrayBuffer, isBase64Data, isBinary, isBlob, isView } from "./binary.js";

describe("isBinary", () => {
  it.each([
    ["a Buffer", Buffer.from("x")],
    ["a Uint8Array", new Uint8Array(1)],
    ["a Float64Array", new Float64Array(1)],
    ["a DataView", new DataView(new ArrayBuffer(1))],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["an ArrayBuffer of another realm", runInNewContext("new ArrayBuffer(1)") as unknown],
    ["a view of another realm", runInNewContext("new Int16Array(1)") as unknown],
    ["a Blob", new Blob(["x"])],
    ["a File", new File(["x"], "x.txt")],
    ["a Blob of a polyfill", { [Symbol.toStringTag]: "Blob", size: 0 }],
    ["a File of a polyfill", { [Symbol.toStringTag]: "File", size: 0 }],
  ])("takes %s", (_, value) => {
    expect(isBinary(value)).toBe(true);
  });

  it.each([null, undefined, 0, "x", {}, [], new Date(), new Map(), () => 1, { byteLength: 1 }, { base64: true }])(
    "refuses %o",
    (value) => {
      expect(isBinary(value)).toBe(false);
    },
  );
});

describe("isBase64Data", () => {
  it("takes the text form of binary and nothing else", () => {
    expect(isBase64Data({ base64: true, data: "AQ==" })).toBe(true);
    for (const value of [null, "x", {}, { base64: true }, { base64: 1, data: "" }, { base64: true, data: 1 }]) {
      expect(isBase64Data(value)).toBe(false);
    }
  });
});

describe("byteLengthOf", () => {
  it("counts the bytes of every form", () => {
    expect(byteLengthOf(new ArrayBuffer(3))).toBe(3);
    expect(byteLengthOf(new Uint16Array(3))).toBe(6);
    expect(byteLengthOf(new Blob(["é"]))).toBe(2);
    expect(byteLengthOf({ base64: true, data: "AQ==" })).toBe(4);
  });
});

describe("an engine in which binary is missing or half there", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each([
    ["no ArrayBuffer and no Blob", undefined, undefined],
    // KHTML: the constructor is there, its prototype is not, and `instanceof` throws.
    ["constructors without a prototype", { prototype: undefined }, { prototype: undefined }],
  ])("sees no binary and does not throw: %s", async (_, arrayBuffer, blob) => {
    const values = [new ArrayBuffer(1), new Blob(["x"]), new Uint8Array(1)];
    vi.resetModules();
    vi.stubGlobal("ArrayBuffer", arrayBuffer);
    vi.stubGlobal("Blob", blob);
    const binary = await import("./binary.js");
    expect(binary.isBinary({})).toBe(false);
    expect(binary.isView(values[2])).toBe(false);
    // By their tag, not by their prototype.
    expect(binary.isArrayBuffer(values[0])).toBe(true);
    expect(binary.isBlob(values[1])).toBe(true);
  });

  it("is not this one", () => {
    expect([isArrayBuffer(1), isBlob(1), isView(1)]).toEqual([false, false, false]);
  });
});
