// Chapter 6 of the list: text that is UTF-8 (RFC 3629), and text that is not. The sequences are those of Markus Kuhn's decoder stress test.
import { Opcode } from "../ws-frame.js";
import { NOT_FINAL, fragments, more, text } from "./case.js";
import type { Rfc6455Case } from "./case.js";

const REFUSED = { close: { code: 1007 } };
/** "κόσμε", its second letter of three bytes. */
const GREEK = Buffer.from("cebae1bdb9cf83cebcceb5", "hex");
const MIXED = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
const EDITED = "656469746564";

function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(" ", ""), "hex");
}

function range(first: number, last: number, behind: readonly number[] = []): string {
  const bytes: number[] = [];
  for (let byte = first; byte <= last; byte++) bytes.push(byte, ...behind);
  return Buffer.from(bytes).toString("hex");
}

/** Chapter, what it is, and the sequences as hexadecimal digits. */
const VALID: readonly (readonly [string, string, readonly string[]])[] = [
  ["6.5", "a character of 1 to 4 bytes", ["24", "c2a2", "e282ac", "f0a4ada2", GREEK.toString("hex")]],
  ["6.6", "a whole prefix", ["ceba", "cebae1bdb9", "cebae1bdb9cf83", "cebae1bdb9cf83cebc"]],
  ["6.7", "the first of its length", ["00", "c280", "e0a080", "f0908080"]],
  ["6.9", "the last of its length", ["7f", "dfbf", "efbfbf", "f48fbfbf"]],
  ["6.11", "beside a border", ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf"]],
  [
    "6.22",
    "a non-character",
    [
      "efbfbe", "efbfbf", "f09fbfbe", "f09fbfbf", "f0afbfbe", "f0afbfbf", "f0bfbfbe", "f0bfbfbf", "f18fbfbe", "f18fbfbf", "f19fbfbe", "f19fbfbf",
      "f1afbfbe", "f1afbfbf", "f1bfbfbe", "f1bfbfbf", "f28fbfbe", "f28fbfbf", "f29fbfbe", "f29fbfbf", "f2afbfbe", "f2afbfbf", "f2bfbfbe", "f2bfbfbf",
      "f38fbfbe", "f38fbfbf", "f39fbfbe", "f39fbfbf", "f3afbfbe", "f3afbfbf", "f3bfbfbe", "f3bfbfbf", "f48fbfbe", "f48fbfbf",
    ],
  ],
  ["6.23", "a special", ["efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"]],
  ["6.23", "a byte order mark", ["efbbbf", `efbbbf${EDITED}`]],
]; // prettier-ignore

const UNFINISHED = ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"];

const INVALID: readonly (readonly [string, string, readonly string[]])[] = [
  ["6.3", "a surrogate in a text", [`${GREEK.toString("hex")}eda080${EDITED}`]],
  ["6.6", "a prefix that ends in a character", ["ce", "cebae1", "cebae1bd", "cebae1bdb9cf", "cebae1bdb9cf83ce", "cebae1bdb9cf83cebcce"]],
  ["6.8", "the first of 5 and 6 bytes", ["f888808080", "fc8480808080"]],
  ["6.10", "the last of 4, 5 and 6 bytes", ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"]],
  ["6.11", "beyond U+10FFFF", ["f4908080", "f5808080"]],
  ["6.12", "a continuation alone", ["80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf", range(0x80, 0xbf)]],
  [
    "6.13",
    "starts alone",
    [range(0xc0, 0xdf, [32]), range(0xe0, 0xef, [32]), range(0xf0, 0xf7, [32]), range(0xf8, 0xfb, [32]), range(0xfc, 0xfd, [32])],
  ],
  ["6.14", "the last byte missing", UNFINISHED],
  ["6.15", "several that are not whole", [UNFINISHED.join("")]],
  ["6.16", "impossible bytes", ["fe", "ff", "fefeffff"]],
  ["6.17", "an overlong slash", ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"]],
  ["6.18", "the longest overlong ones", ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"]],
  ["6.19", "an overlong NUL", ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"]],
  ["6.20", "a surrogate", ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"]],
  [
    "6.21",
    "a pair of surrogates",
    ["eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080", "edae80edbfbf", "edafbfedb080", "edafbfedbfbf"],
  ],
]; // prettier-ignore

/** Whole, in fragments of a byte, and byte by byte on the wire; also where the message is large enough to be read by words. */
function inEveryCut(id: string, what: string, digits: string, isValid: boolean): readonly Rfc6455Case[] {
  const bytes = hex(digits);
  const end = isValid ? {} : REFUSED;
  const name = `${what}: ${digits.length > 50 ? `${digits.slice(0, 50)}...` : digits}`;
  const large = Buffer.concat([Buffer.alloc(1000, "x"), bytes, Buffer.alloc(1000, "y")]);
  const replyTo = (payload: Uint8Array) => (isValid ? { replies: [text(payload)] } : {});
  return [
    { id, what: name, parts: () => [{ frames: [text(bytes)], ...replyTo(bytes) }], ...end },
    {
      id,
      what: `${name}, in fragments of a byte`,
      parts: () => [{ frames: fragments(Opcode.TEXT, bytes, 1), ...replyTo(bytes) }],
      ...end,
    },
    { id, what: `${name}, byte by byte`, parts: () => [{ frames: [text(bytes)], ...replyTo(bytes), chop: 1 }], ...end },
    { id, what: `${name}, within 2000 bytes`, parts: () => [{ frames: [text(large)], ...replyTo(large) }], ...end },
    {
      id,
      what: `${name}, across the border of two fragments`,
      parts: () => [{ frames: fragments(Opcode.TEXT, large, 1001), ...replyTo(large) }],
      ...end,
    },
  ];
}

const TOO_FAR = "f4908080";
const FAULTY = [GREEK, hex(TOO_FAR), hex(EDITED)] as const;
const FAULTY_WHOLE = Buffer.concat(FAULTY);

export const utf8: readonly Rfc6455Case[] = [
  { id: "6.1.1", what: "an empty text", parts: () => [{ frames: [text("")], replies: [text("")] }] },
  {
    id: "6.1.2",
    what: "a text of 3 empty fragments",
    parts: () => [{ frames: [text("", NOT_FINAL), more("", NOT_FINAL), more("")], replies: [text("")] }],
  },
  {
    id: "6.1.3",
    what: "a text of 3 fragments, the first and the last empty",
    parts: () => [{ frames: [text("", NOT_FINAL), more("middle", NOT_FINAL), more("")], replies: [text("middle")] }],
  },
  ...inEveryCut("6.2", "a text with characters of 2 bytes", MIXED.toString("hex"), true),
  {
    id: "6.2.2",
    what: "a text in 2 fragments between characters",
    parts: () => [{ frames: fragments(Opcode.TEXT, MIXED, 12), replies: [text(MIXED)] }],
  },
  // The server may refuse these as soon as it sees the fault, or when the message is whole.
  {
    id: "6.4.1",
    what: "a fault in the second of 3 fragments",
    parts: () => [{ frames: [text(FAULTY[0], NOT_FINAL), more(FAULTY[1], NOT_FINAL), more(FAULTY[2])] }],
    ...REFUSED,
  },
  {
    id: "6.4.2",
    what: "a fault within a character that is cut in two fragments",
    parts: () => [
      { frames: [text(FAULTY_WHOLE.subarray(0, 12), NOT_FINAL)] },
      { frames: [more(FAULTY_WHOLE.subarray(12, 13), NOT_FINAL), more(FAULTY_WHOLE.subarray(13))] },
    ],
    ...REFUSED,
  },
  {
    id: "6.4.3",
    what: "a fault in the second of 3 pieces of a frame",
    parts: () => [{ frames: [text(FAULTY_WHOLE)], chop: [11, 15] }],
    ...REFUSED,
  },
  {
    id: "6.4.4",
    what: "a fault within a character that is cut in two pieces of a frame",
    parts: () => [{ frames: [text(FAULTY_WHOLE)], chop: [12, 13] }],
    ...REFUSED,
  },
  ...VALID.flatMap(([id, what, sequences]) => sequences.flatMap((digits) => inEveryCut(id, what, digits, true))),
  ...INVALID.flatMap(([id, what, sequences]) => sequences.flatMap((digits) => inEveryCut(id, what, digits, false))),
];
