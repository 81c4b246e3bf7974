// Packets of both layers for the inputs of the door fuzzer: those of the conformance vectors, and random ones. As byte text.
import { readFileSync } from "node:fs";
import { utf8 } from "./frames.mjs";
import { mutate, noise, TOKENS } from "./mutate.mjs";

const VECTORS = new URL("../../packages/protocol/vectors/", import.meta.url);

/** Engine packets with the messages of the vectors; `isBinary` are the attachments. */
const KNOWN = ["socket-packets", "socket-packets-binary", "socket-packet-errors"].flatMap((name) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, VECTORS), "utf8"))
    .filter(({ chunks }) => Array.isArray(chunks))
    .map(({ chunks }) =>
      chunks.map((chunk) =>
        typeof chunk === "string"
          ? { isBinary: false, data: utf8(`4${chunk}`) }
          : { isBinary: true, data: Buffer.from(chunk.hex ?? "", "hex").toString("latin1") },
      ),
    )
    .filter((list) => list.every(({ data }) => data.length < 2_000)),
);

const USUAL = [
  "40", "40/n,", "40/dyn-1,", '40{"token":"x"}', '40{"pid":"x","offset":"y"}', "41", "41/n,", '42["echo","a"]', '421["echo","a"]',
  '42["join","room"]', '42["say","a",{"b":[1]}]', '42["ask"]', '42["m","€"]', '430["a"]', "430[]", '431["a"]', '44{"message":"x"}',
  '451-["m",{"_placeholder":true,"num":0}]', '461-0[{"_placeholder":true,"num":0}]', "2", "3", "2probe", "3probe", "5", "6", "1", "4", "0",
  "60", "61", "6+1", "6+0", "20", "21", "30", "31", "3999", "bAQID", "b", "b=",
]; // prettier-ignore

/** One to three engine packets, most of them nearly right. */
export function packets(random) {
  const kind = random.next();
  let list;
  if (kind < 0.4) list = [text(random.pick(USUAL))];
  else if (kind < 0.8) list = random.pick(KNOWN);
  else if (kind < 0.9) list = [{ isBinary: random.chance(0.5), data: noise(random, 60) }];
  else list = [text(Array.from({ length: random.int(1, 8) }, () => random.pick(TOKENS)).join(""))];
  return list.map(({ isBinary, data }) => ({ isBinary, data: random.chance(0.3) ? mutate(random, data) : data }));
}

/** A polling payload (Engine.IO protocol v4); or, for revision 3, with lengths. */
export function payload(random, isLegacy = false) {
  const parts = Array.from({ length: random.int(1, 4) }, () => packets(random))
    .flat()
    .map(({ isBinary, data }) => (isBinary ? `b${isLegacy ? "4" : ""}${base64(data)}` : data));
  if (random.chance(0.5)) parts.unshift("40");
  const body = isLegacy
    ? parts.map((part) => `${Buffer.from(part, "latin1").toString("utf8").length}:${part}`).join("")
    : parts.join("\x1e");
  return random.chance(0.25) ? mutate(random, body) : body;
}

function text(data) {
  return { isBinary: false, data: utf8(data) };
}

function base64(data) {
  return Buffer.from(data, "latin1").toString("base64");
}
