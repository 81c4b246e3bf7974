import { describe, expect, test } from "vitest";
import { OutgoingPacket } from "../outgoing-packet.js";
import { jsonpFormat, jsonpIndex } from "./jsonp-format.js";
import { legacyFormat } from "./legacy-format.js";
import { PAYLOAD_FORMAT } from "./payload-format.js";

const BYTES = new OutgoingPacket("message", Buffer.from([0, 255]));
const TEXT = new OutgoingPacket("message", "é😀");
const PONG = new OutgoingPacket("pong");

describe("a packet that sessions of several formats share", () => {
  test("has its own form in each, however often and in whatever order", () => {
    const formats = [PAYLOAD_FORMAT, legacyFormat(false), legacyFormat(true), jsonpFormat("0", legacyFormat(false))];
    const forms = [
      "4é😀\x1ebAP8=\x1e3",
      "4:4é😀6:b4AP8=1:3",
      Buffer.from([0, 7, 255, 0x34, ...Buffer.from("é😀"), 1, 3, 255, 4, 0, 255, 0, 1, 255, 0x33]),
      '/**/___eio[0]("4:4é😀6:b4AP8=1:3");',
    ];
    for (let round = 0; round < 3; round++) {
      for (const format of formats) {
        expect(format.encode([TEXT, BYTES, PONG])).toEqual(forms[formats.indexOf(format)]);
      }
      formats.push(formats.shift() as (typeof formats)[number]);
      forms.push(forms.shift() as string);
    }
  });
});

describe("formats", () => {
  test("read what is theirs", () => {
    expect(legacyFormat(true).decode(Buffer.from("4:4é😀"), false).packets).toEqual([{ type: "message", data: "é😀" }]);
    expect(legacyFormat(false).decode(Buffer.from([1, 2, 255, 4, 9]), true).packets).toEqual([
      { type: "message", data: Buffer.from([9]) },
    ]);
    expect(PAYLOAD_FORMAT.decode(Buffer.from("3"), false)).toEqual({ packets: [{ type: "pong" }], malformed: false });
    expect(
      [PAYLOAD_FORMAT, legacyFormat(true), jsonpFormat("0", PAYLOAD_FORMAT)].map((each) => each.takesBinary),
    ).toEqual([false, true, false]);
  });

  test("of JSONP name the page's function by digits alone", () => {
    expect(["0", "a1b2", ["3", "4"], "", "x", undefined].map(jsonpIndex)).toEqual([
      "0",
      "12",
      "34",
      undefined,
      undefined,
      undefined,
    ]);
  });
});
