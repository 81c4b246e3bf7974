import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { RawData } from "@everwire/protocol";
import { OutgoingPacket, createMessage, toBuffer } from "./outgoing-packet.js";

describe("OutgoingPacket", () => {
  test.each<[RawData | undefined, number]>([
    [undefined, 0],
    ["", 0],
    ["a", 1],
    ["é🎉", 6],
    [new Uint16Array(3), 6],
    [new ArrayBuffer(5), 5],
  ])("of %o has %i bytes", (data, bytes) => {
    const packet = new OutgoingPacket("message", data);
    expect([packet.byteLength, packet.byteLength]).toEqual([bytes, bytes]);
  });

  test("takes an ArrayBuffer of another realm", () => {
    const data = runInNewContext("new Uint8Array([1, 2]).buffer") as ArrayBuffer;
    expect(toBuffer(new OutgoingPacket("message", data).data as ArrayBuffer)).toEqual(Buffer.from([1, 2]));
  });

  test("refuses a Blob, which can't be read at once", () => {
    expect(() => createMessage(new Blob(["a"]) as unknown as string)).toThrow(
      expect.objectContaining({ code: "ERR_UNSUPPORTED_DATA" }) as Error,
    );
  });

  test.each([
    [{}, "[object Object]"],
    [[1, 2], "1,2"],
    [{ toString: () => "a" }, "a"],
    [0, ""],
    [null, ""],
  ])("takes the text of %o", (data, text) => {
    expect(createMessage(data as unknown as string).data).toBe(text);
  });
});
