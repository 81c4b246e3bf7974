// Chapters 1 to 4 of the list: lengths of frames, pings and pongs, reserved bits, reserved opcodes.
import { Opcode } from "../ws-frame.js";
import { NOT_FINAL, binary, more, ping, pong, text } from "./case.js";
import type { Rfc6455Case, SentFrame } from "./case.js";

/** One less than each limit too: an echo server that puts a byte in front meets it as well. */
const LENGTHS = [0, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536];
/** The list has those of 997 bytes. */
const CHOPS = [undefined, 1, 997];
const PROTOCOL_ERROR = 1002;
const HELLO = "Hello, world!";

/** 1.*: a message of each length, in one write and in several. */
export const framing: readonly Rfc6455Case[] = [Opcode.TEXT, Opcode.BINARY].flatMap((opcode) =>
  LENGTHS.flatMap((length) =>
    CHOPS.filter((chop) => chop === undefined || (chop === 1 ? length <= 128 : length > 997)).map((chop) => ({
      id: `1.${String(opcode)}`,
      what: `${opcode === Opcode.TEXT ? "text" : "binary"} of ${String(length)} bytes${chop === undefined ? "" : ` in pieces of ${String(chop)}`}`,
      parts: () => {
        const payload = Buffer.alloc(length, opcode === Opcode.TEXT ? "*" : 0xfe);
        return [{ frames: [{ opcode, payload }], replies: [{ opcode, payload }], ...(chop && { chop }) }];
      },
    })),
  ),
);

function pinged(id: string, what: string, payload: string | Uint8Array, chop?: number): Rfc6455Case {
  return { id, what, parts: () => [{ frames: [ping(payload)], replies: [pong(payload)], ...(chop && { chop }) }] };
}

const TEN = Array.from({ length: 10 }, (_, index) => `payload ${String(index)}`);

/** 2.*: pings and pongs. */
export const pings: readonly Rfc6455Case[] = [
  pinged("2.1", "a ping without payload", ""),
  pinged("2.2", "a ping with a small payload", HELLO),
  pinged(
    "2.3",
    "a ping with a payload that is no UTF-8",
    Uint8Array.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff),
  ),
  ...Array.from({ length: 126 }, (_, length) =>
    pinged("2.4", `a ping with ${String(length)} bytes`, Buffer.alloc(length, 0xfe)),
  ),
  {
    id: "2.5",
    what: "a ping with 126 bytes",
    parts: () => [{ frames: [ping(Buffer.alloc(126, 0xfe))] }],
    close: { code: PROTOCOL_ERROR },
  },
  pinged("2.6", "a ping with 125 bytes, byte by byte", Buffer.alloc(125, 0xfe), 1),
  { id: "2.7", what: "a pong that nobody asked for, empty", parts: () => [{ frames: [pong()] }] },
  { id: "2.8", what: "a pong that nobody asked for, with a payload", parts: () => [{ frames: [pong("unsolicited")] }] },
  {
    id: "2.9",
    what: "a pong that nobody asked for, then a ping",
    parts: () => [{ frames: [pong("unsolicited"), ping("asked")], replies: [pong("asked")] }],
  },
  {
    id: "2.10",
    what: "ten pings at once",
    parts: () => [{ frames: TEN.map((payload) => ping(payload)), replies: TEN.map((payload) => pong(payload)) }],
  },
  {
    id: "2.11",
    what: "ten pings, byte by byte",
    parts: () => [
      { frames: TEN.map((payload) => ping(payload)), replies: TEN.map((payload) => pong(payload)), chop: 1 },
    ],
  },
];

/** The places that the list puts a bad frame in. */
function refused(id: string, what: string, bad: SentFrame): readonly Rfc6455Case[] {
  const close = { code: PROTOCOL_ERROR };
  const echoed = { frames: [text(HELLO)], replies: [text(HELLO)] };
  return [
    { id, what: `${what} alone`, parts: () => [{ frames: [bad] }], close },
    {
      id,
      what: `${what} behind a message and before a ping, at once`,
      parts: () => [{ frames: [text(HELLO), bad, ping()], replies: [text(HELLO)] }],
      close,
    },
    {
      id,
      what: `${what} behind a message that was echoed`,
      parts: () => [echoed, { frames: [bad, ping()] }],
      close,
    },
    {
      id,
      what: `${what} behind a message and before a ping, byte by byte`,
      parts: () => [
        { ...echoed, chop: 1 },
        { frames: [bad, ping()], chop: 1 },
      ],
      close,
    },
    {
      id,
      what: `${what} between two fragments`,
      parts: () => [{ frames: [text(HELLO, NOT_FINAL), bad, more(HELLO)] }],
      close,
    },
  ];
}

const KINDS: readonly (readonly [string, SentFrame])[] = [
  ["a text", text(HELLO)],
  ["an empty text", text("")],
  ["a binary message", binary(Uint8Array.of(0, 0xff, 0xfe, 0xfd))],
  ["a first fragment", text(HELLO, NOT_FINAL)],
  ["a ping", ping(HELLO)],
  ["a pong", pong(HELLO)],
  ["a close frame", { opcode: Opcode.CLOSE, payload: Uint8Array.of(3, 232) }],
];

/** 3.*: reserved bits, one by one and together. */
export const reservedBits: readonly Rfc6455Case[] = [1, 2, 3, 4, 5, 6, 7].flatMap((bits) =>
  KINDS.flatMap(([name, frame]) =>
    refused(`3.${String(bits)}`, `RSV ${String(bits)} on ${name}`, {
      ...frame,
      rsv1: (bits & 4) !== 0,
      rsv2: (bits & 2) !== 0,
      rsv3: (bits & 1) !== 0,
    }),
  ),
);

/** 4.*: reserved opcodes. */
export const reservedOpcodes: readonly Rfc6455Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) =>
  ["", HELLO].flatMap((payload) =>
    refused(`4.${opcode < 8 ? "1" : "2"}`, `opcode ${String(opcode)} with ${String(payload.length)} bytes`, {
      opcode,
      payload,
    }),
  ),
);
