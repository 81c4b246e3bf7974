// The process that encodes and decodes, with the codec named on the command line. Both have the same public API.
import { deepStrictEqual } from "node:assert/strict";
import { EVENTS, TEXT } from "../messages.mjs";

const PACKAGES = { everwire: "@everwire/protocol", "socket.io": "socket.io-parser" };
const [peer] = process.argv.slice(2);
const { Decoder, Encoder } = await import(PACKAGES[peer]);

const EVENT_TYPE = 2;
const PACKETS = {
  Text: { data: [EVENTS.echo, TEXT] },
  Ack: { data: [EVENTS.ack, { user: 17, text: TEXT, tags: ["a", "b", "c"] }], id: 42 },
  Binary: { data: [EVENTS.echo, { name: "file", bytes: Buffer.alloc(1_000, 7) }] },
};

const encoder = new Encoder();
const decoder = new Decoder();
/** Encoding may put placeholders into what it is given, so each packet is made anew, for both alike. */
const packetOf = ({ data, id }) => ({ type: EVENT_TYPE, nsp: "/", data, ...(id === undefined ? {} : { id }) });

let decoded;
decoder.on("decoded", (packet) => (decoded = packet));

function timed(units, act) {
  const before = process.cpuUsage();
  for (let index = 0; index < units; index++) act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / units;
}

const answers = {
  run({ units }) {
    const sample = {};
    for (const [name, packet] of Object.entries(PACKETS)) {
      const encoded = encoder.encode(packetOf(packet));
      const decode = () => {
        decoded = undefined;
        for (const part of encoded) decoder.add(part);
      };
      decode();
      deepStrictEqual([decoded?.data, decoded?.id], [packet.data, packet.id]);
      sample[`encode${name}`] = timed(units, () => encoder.encode(packetOf(packet)));
      sample[`decode${name}`] = timed(units, decode);
    }
    return sample;
  },
};

process.on("message", ({ id, ask, ...options }) => {
  try {
    process.send({ id, answer: answers[ask](options) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
