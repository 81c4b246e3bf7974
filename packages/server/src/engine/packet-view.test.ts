import { describe, expect, test } from "vitest";
import { OutgoingPacket } from "./outgoing-packet.js";
import { viewOf } from "./packet-view.js";

const forMany = (data: string | Buffer, isAlone: boolean): OutgoingPacket =>
  new OutgoingPacket("message", data, { compress: false, volatile: true, preEncoded: true, isAlone });

describe("what packetCreate shows", () => {
  test("is the packet itself when one session sends it", () => {
    const packet = new OutgoingPacket("message", "x");
    expect(viewOf(packet)).toBe(packet);
  });

  test.each([1, 125, 126, 70_000])(
    "of a text of %d letters for many has its frame, header and payload apart",
    (length) => {
      const text = "é".repeat(length);
      const packet = forMany(text, true);
      const { type, data, options } = viewOf(packet);
      const [header, payload] = options.wsPreEncodedFrame ?? [];
      expect([type, data, options.compress, options.volatile]).toEqual(["message", text, false, true]);
      expect(payload?.toString()).toBe(`4${text}`);
      expect(header?.[0]).toBe(0x81);
      expect(viewOf(packet)).toBe(viewOf(packet));
    },
  );

  test("of a packet with attachments has none", () => {
    for (const data of ["text", Buffer.from("x")]) {
      expect(viewOf(forMany(data, false)).options).toEqual({ compress: false, volatile: true, preEncoded: true });
    }
  });
});
