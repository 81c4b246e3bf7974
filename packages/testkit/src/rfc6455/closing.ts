// Chapter 7 of the list: the closing handshake.
import { NOT_FINAL, close, more, ping, text } from "./case.js";
import type { Rfc6455Case, SentFrame } from "./case.js";

const HELLO = text("Hello World!");
const NORMAL = { code: 1000 };
const PROTOCOL_ERROR = { code: 1002 };
const INVALID_PAYLOAD = { code: 1007 };
const NO_STATUS = { code: 1005 };
const LONGEST_REASON = "*".repeat(123);

/** Those that may be sent (7.7), the ends of the ranges included. */
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
/** Those that may not (7.9 and 7.13). */
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

function sent(id: string, what: string, frames: readonly SentFrame[], code: Rfc6455Case["close"]): Rfc6455Case {
  return { id, what, parts: () => [{ frames }], ...(code && { close: code }) };
}

export const closing: readonly Rfc6455Case[] = [
  {
    id: "7.1.1",
    what: "a message and a close frame at once",
    parts: () => [{ frames: [HELLO, close(1000)], replies: [HELLO] }],
    close: NORMAL,
  },
  sent("7.1.2", "two close frames", [close(1000), close(1000)], NORMAL),
  sent("7.1.3", "a ping behind a close frame", [close(1000), ping()], NORMAL),
  sent("7.1.4", "a message behind a close frame", [close(1000), HELLO], NORMAL),
  sent("7.1.5", "a close frame between two fragments", [text("1", NOT_FINAL), close(1000), more("2")], NORMAL),
  {
    id: "7.1.6",
    what: "256 KiB, a message, a close frame and a ping at once",
    parts: () => {
      const large = text("BAsd7&jh23".repeat(26_214));
      return [{ frames: [large, HELLO, close(1000), ping()], replies: [large, HELLO] }];
    },
    close: NORMAL,
  },
  sent("7.3.1", "a close frame with nothing", [close()], NO_STATUS),
  sent("7.3.2", "a close frame with 1 byte", [{ opcode: 8, payload: "a" }], PROTOCOL_ERROR),
  sent("7.3.3", "a close frame with a code", [close(1000)], NORMAL),
  sent("7.3.4", "a close frame with a reason", [close(1000, "Hello World!")], { code: 1000, reason: "Hello World!" }),
  sent("7.3.5", "a close frame with the longest reason", [close(1000, LONGEST_REASON)], {
    code: 1000,
    reason: LONGEST_REASON,
  }),
  sent("7.3.6", "a close frame with too long a reason", [close(1000, `${LONGEST_REASON}*`)], PROTOCOL_ERROR),
  sent(
    "7.5.1",
    "a close frame whose reason is no UTF-8",
    [close(1000, Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex"))],
    INVALID_PAYLOAD,
  ),
  ...GOOD_CODES.map((code) => sent("7.7", `a close frame with ${String(code)}`, [close(code)], { code })),
  ...BAD_CODES.map((code) => sent("7.9", `a close frame with ${String(code)}`, [close(code)], PROTOCOL_ERROR)),
  sent("7.9", "a close frame with a bad code and a reason", [close(1006, "because")], PROTOCOL_ERROR),
];
