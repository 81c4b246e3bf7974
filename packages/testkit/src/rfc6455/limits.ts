// Chapters 9 and 10 of the list: large messages, whole, in fragments and in pieces of the stream, and many small ones. Of its sizes some.
import { Opcode } from "../ws-frame.js";
import { fragments } from "./case.js";
import type { Part, Rfc6455Case } from "./case.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest message. */
export const LARGEST_BYTES = 4 * MIB;

/** Bytes that show where something is lost or turned; as text it is ASCII but for a character across each multiple of 64. */
function contentOf(opcode: number, bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index++) content[index] = opcode === Opcode.TEXT ? 32 + (index % 91) : index % 251;
  if (opcode === Opcode.TEXT) for (let index = 63; index + 1 < bytes; index += 64) content.write("é", index);
  return content;
}

const NAMES: Record<number, string> = { [Opcode.TEXT]: "text", [Opcode.BINARY]: "binary" };

function large(
  chapter: string,
  opcode: number,
  bytes: number,
  how: string,
  cut: (content: Buffer) => Part,
): Rfc6455Case {
  return {
    id: `9.${chapter}`,
    what: `${NAMES[opcode] ?? ""} of ${String(bytes / KIB)} KiB ${how}`,
    parts: () => {
      const payload = contentOf(opcode, bytes);
      return [{ ...cut(payload), replies: [{ opcode, payload }] }];
    },
  };
}

export const limits: readonly Rfc6455Case[] = [
  ...[Opcode.TEXT, Opcode.BINARY].flatMap((opcode) => [
    ...[64 * KIB, 256 * KIB, MIB, LARGEST_BYTES].map((bytes) =>
      large(opcode === Opcode.TEXT ? "1" : "2", opcode, bytes, "whole", (payload) => ({
        frames: [{ opcode, payload }],
      })),
    ),
    ...[64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, LARGEST_BYTES].map((size) =>
      large(
        opcode === Opcode.TEXT ? "3" : "4",
        opcode,
        LARGEST_BYTES,
        `in fragments of ${String(size)} bytes`,
        (payload) => ({ frames: fragments(opcode, payload, size) }),
      ),
    ),
    ...[64, 128, 256, 512, KIB, 2 * KIB, 64 * KIB].map((chop) =>
      large(opcode === Opcode.TEXT ? "5" : "6", opcode, MIB, `in pieces of ${String(chop)} bytes`, (payload) => ({
        frames: [{ opcode, payload }],
        chop,
      })),
    ),
    ...[0, 16, 64, 256, KIB, 4 * KIB].map((bytes) => ({
      id: opcode === Opcode.TEXT ? "9.7" : "9.8",
      what: `1000 messages (${NAMES[opcode] ?? ""}) of ${String(bytes)} bytes at once`,
      parts: () => {
        const frames = Array.from({ length: 1000 }, () => ({ opcode, payload: contentOf(opcode, bytes) }));
        return [{ frames, replies: frames }];
      },
    })),
  ]),
  {
    id: "10.1.1",
    what: "text of 65536 bytes in pieces of 1300",
    parts: () => {
      const payload = "*".repeat(65_536);
      const frame = { opcode: Opcode.TEXT, payload };
      return [{ frames: [frame], replies: [frame], chop: 1300 }];
    },
  },
];
