// Chapter 5 of the list: messages in fragments.
import { NOT_FINAL, more, ping, pong, text } from "./case.js";
import type { Part, Rfc6455Case, SentFrame } from "./case.js";

const REFUSED = { close: { code: 1002 } };
const FIRST = "fragment1";
const SECOND = "fragment2";
const WHOLE = text(FIRST + SECOND);
const PARTS: readonly SentFrame[] = [text(FIRST, NOT_FINAL), more(SECOND)];
const HELLO = text("Hello, world!");

/** At once, each frame in a write of its own, and byte by byte. */
function inEveryChop(
  id: string,
  what: string,
  frames: readonly SentFrame[],
  rest: Pick<Part, "replies"> & Pick<Rfc6455Case, "close">,
): readonly Rfc6455Case[] {
  const { close, replies = [] } = rest;
  const end = close && { close };
  const frameByFrame = frames.map((frame, index) => ({
    frames: [frame],
    ...(index === frames.length - 1 && { replies }),
  }));
  return [
    { id, what: `${what}, at once`, parts: () => [{ frames, replies }], ...end },
    { id, what: `${what}, frame by frame`, parts: () => frameByFrame, ...end },
    { id, what: `${what}, byte by byte`, parts: () => [{ frames, replies, chop: 1 }], ...end },
  ];
}

/** 5.19 and 5.20: the pong comes while the message is not whole. */
function withPings(id: string, chop?: number): Rfc6455Case {
  const cut = chop && { chop };
  return {
    id,
    what: `a text in 5 fragments with two pings between${chop === undefined ? "" : ", byte by byte"}`,
    parts: () => [
      { frames: [text("1", NOT_FINAL), more("2", NOT_FINAL), ping("pongme 1!")], replies: [pong("pongme 1!")], ...cut },
      {
        frames: [more("3", NOT_FINAL), more("4", NOT_FINAL), ping("pongme 2!"), more("5")],
        replies: [pong("pongme 2!"), text("12345")],
        ...cut,
      },
    ],
  };
}

export const fragmentation: readonly Rfc6455Case[] = [
  ...inEveryChop("5.1", "a ping in 2 fragments", [ping(FIRST, NOT_FINAL), more(SECOND)], REFUSED),
  ...inEveryChop("5.2", "a pong in 2 fragments", [pong(FIRST, NOT_FINAL), more(SECOND)], REFUSED),
  ...inEveryChop("5.3-5.5", "a text in 2 fragments", PARTS, { replies: [WHOLE] }),
  ...inEveryChop(
    "5.6-5.8",
    "a text in 2 fragments with a ping between",
    [text(FIRST, NOT_FINAL), ping("ping"), more(SECOND)],
    {
      replies: [pong("ping"), WHOLE],
    },
  ),
  ...inEveryChop("5.9-5.11", "a last fragment of nothing, then a text", [more("nothing"), HELLO], REFUSED),
  ...inEveryChop("5.12-5.14", "a fragment of nothing, then a text", [more("nothing", NOT_FINAL), HELLO], REFUSED),
  {
    id: "5.15",
    what: "a text in 2 fragments, then a fragment of nothing and a text",
    parts: () => [{ frames: [...PARTS, more("fragment3", NOT_FINAL), text("fragment4")], replies: [WHOLE] }],
    ...REFUSED,
  },
  {
    id: "5.16",
    what: "twice a fragment of nothing, then a text in 2 fragments",
    parts: () => [{ frames: [more("0", NOT_FINAL), ...PARTS, more("0", NOT_FINAL), ...PARTS] }],
    ...REFUSED,
  },
  {
    id: "5.17",
    what: "twice a last fragment of nothing, then a text in 2 fragments",
    parts: () => [{ frames: [more("0"), ...PARTS, more("0"), ...PARTS] }],
    ...REFUSED,
  },
  ...inEveryChop("5.18", "a text within an unfinished text", [text(FIRST, NOT_FINAL), text(SECOND)], REFUSED),
  withPings("5.19"),
  withPings("5.20", 1),
];
