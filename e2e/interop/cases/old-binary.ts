// Binary of old clients: both payload formats of polling, the type byte of WebSocket frames, base64, compression.
import { expect } from "vitest";
import { plain } from "../support/values.js";
import type { OldCase, OldWorld } from "../support/old-suite.js";

const BYTES = Buffer.from([0, 1, 2, 4, 127, 128, 254, 255, 0x1e, 98, 52]);

async function roundTrips({ open, text }: OldWorld, extra: Record<string, unknown> = {}): Promise<void> {
  const values = [text, BYTES, { list: [Buffer.from([1]), null, text], empty: Buffer.alloc(0) }, 5];
  const link = open({ extra });
  await link.connected();
  await link.settled();
  for (let round = 0; round < 2; round++) {
    link.emit("echo", values);
    expect(plain(await link.next("echo"))).toEqual(plain(values));
    expect(plain(await link.call("mirror", values))).toEqual(plain(values));
  }
  expect(plain(await link.call("ask", [5_000, "question", ...values]))).toEqual(plain(["answered", ...values]));
}

export const OLD_BINARY_CASES: OldCase[] = [
  {
    title: "carries binary in events and acks both ways, mixed with text",
    run: (world) => roundTrips(world),
  },
  {
    title: "carries binary as base64 for a client that asks for it",
    run: (world) => roundTrips(world, { forceBase64: true }),
  },
  {
    title: "carries binary where WebSocket messages are compressed",
    ownServer: { extra: { perMessageDeflate: { threshold: 0 } } },
    run: (world) => roundTrips(world, { perMessageDeflate: { threshold: 0 } }),
  },
  {
    title: "carries base64 where WebSocket messages are compressed",
    ownServer: { extra: { perMessageDeflate: { threshold: 0 } } },
    run: (world) => roundTrips(world, { perMessageDeflate: { threshold: 0 }, forceBase64: true }),
  },
  {
    title: "carries a binary message of 300 kB both ways",
    async run({ open }) {
      const link = open();
      await link.connected();
      const bytes = Buffer.alloc(300_000, "old but alive");
      link.emit("echo", [bytes, "end"]);
      expect(plain(await link.next("echo"))).toEqual(plain([bytes, "end"]));
    },
  },
];
