// Fuzzes the decoders and the encoder of @everwire/protocol with random bytes, mutated conformance vectors and random data.
//   node scripts/fuzz.mjs [--seconds 5] [--seed N] [--corpus packages/protocol/corpus]
// Replays the corpus first. A failing input is stored there, and the exit code is 1. The seed that is printed gives the same run.
// Needs the built package: npm run build.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fromChunk, fromData, makeChecks, toChunk } from "../packages/protocol/test/checks.mjs";

const PROTOCOL_FOLDER = new URL("../packages/protocol/", import.meta.url);
// One input that takes longer than this has found something that is not linear.
const SLOW_MS = 2000;

// Pieces that mean something to one of the decoders.
const TOKENS = [
  ..."0123456789bB-,/?[]{}:\"\\ _.",
  "\u001e", "\u0000", "\ud83d", "é", "👋", "\ufeff", "٣",
  "null", "true", "1e999", "-1", "-0", "1.5", "9007199254740993", '"splice"', '"length"',
  '{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}', '"_placeholder"', '"num":', "toJSON",
  '"__proto__":', '"constructor":', '"disconnect"', '"connect"', "51-", "60-", "/admin,", "AQID", "==",
]; // prettier-ignore

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    corpus: { type: "string", default: fileURLToPath(new URL("corpus/", PROTOCOL_FOLDER)) },
  },
});
const seconds = Number(options.seconds);
const seed = Number(options.seed);
if (!(seconds >= 0) || !Number.isInteger(seed)) {
  console.error("usage: node scripts/fuzz.mjs [--seconds N] [--seed N] [--corpus folder]");
  process.exit(2);
}

const protocol = await import("@everwire/protocol").catch((error) => {
  console.error(`fuzz: @everwire/protocol can't be loaded, run \`npm run build\` first (${error.message})`);
  process.exit(2);
});
const checks = makeChecks(protocol);
const random = mulberry32(seed);
const seeds = loadSeeds();
let failures = 0;

replayCorpus();
const counts = fuzz();
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(
  `fuzz: ${total} inputs (${Object.entries(counts)
    .map(([target, count]) => `${target} ${count}`)
    .join(", ")})`,
);
console.log(failures === 0 ? "fuzz: nothing found" : `fuzz: ${failures} failing input(s), see ${options.corpus}`);
process.exit(failures === 0 ? 0 : 1);

function replayCorpus() {
  mkdirSync(options.corpus, { recursive: true });
  const files = readdirSync(options.corpus).filter((file) => file.endsWith(".json"));
  for (const file of files) {
    const { target, input } = JSON.parse(readFileSync(`${options.corpus}/${file}`, "utf8"));
    try {
      checks[target](target === "round-trip" ? input : input.map(toChunk));
    } catch (error) {
      failures += 1;
      console.error(`fuzz: corpus ${file}: ${error.stack}`);
    }
  }
  console.log(`fuzz: seed ${seed}, ${seconds} s, ${files.length} corpus file(s) replayed`);
}

function fuzz() {
  const counts = Object.fromEntries(Object.keys(checks).map((target) => [target, 0]));
  const targets = Object.keys(checks);
  const end = performance.now() + seconds * 1000;
  // Ten different failures are enough to work with.
  while (performance.now() < end && failures < 10) {
    const target = pick(targets);
    const input = target === "round-trip" ? [randomPacket()] : chunksFor(target);
    counts[target] += 1;
    const started = performance.now();
    try {
      checks[target](input);
      if (performance.now() - started > SLOW_MS) throw new Error(`took ${Math.round(performance.now() - started)} ms`);
    } catch (error) {
      failures += 1;
      store(target, input, error);
    }
  }
  return counts;
}

function store(target, input, error) {
  const notation = target === "round-trip" ? input : input.map(fromChunk);
  const text = `${JSON.stringify({ target, found: String(error.message ?? error), input: notation }, null, 2)}\n`;
  const name = `${target}-${createHash("sha1").update(JSON.stringify(notation)).digest("hex").slice(0, 12)}.json`;
  writeFileSync(`${options.corpus}/${name}`, text);
  console.error(`fuzz: seed ${seed}: ${name}: ${error.stack}`);
}

// What mutations start from: every chunk list of the vectors, by target.
function loadSeeds() {
  const read = (file) => JSON.parse(readFileSync(new URL(`vectors/${file}.json`, PROTOCOL_FOLDER), "utf8"));
  // Chunks of thousands of levels are slow to mutate and have their own vectors.
  const lists = (vectors, chunksOf) =>
    vectors
      .map((vector) => chunksOf(vector).map(toChunk))
      .filter((chunks) => chunks.every((chunk) => chunk.length < 2000));
  return {
    "engine-packet": lists(read("engine-packets"), ({ chunk }) => [chunk]),
    "engine-payload": lists(read("engine-payloads"), ({ text }) => [text]),
    "legacy-payload": lists(read("legacy-payloads"), ({ chunk }) => [chunk]),
    handshake: lists(read("handshakes"), ({ text }) => [text]),
    "socket-packet": lists(
      ["socket-packets", "socket-packets-binary", "socket-packet-errors"].flatMap(read).filter(({ chunks }) => chunks),
      ({ chunks }) => chunks,
    ),
  };
}

function chunksFor(target) {
  const kind = random();
  if (kind < 0.15) return Array.from({ length: 1 + int(3) }, () => (random() < 0.5 ? randomText() : randomBytes()));
  let chunks = [...pick(seeds[target])];
  if (kind > 0.8) chunks = [...chunks, ...pick(seeds[target])];
  for (let rounds = 1 + int(4); rounds > 0; rounds -= 1) {
    const index = int(chunks.length);
    if (random() < 0.1) chunks.splice(index, 0, random() < 0.5 ? randomBytes() : randomText());
    else if (random() < 0.05 && chunks.length > 1) chunks.splice(index, 1);
    else chunks[index] = typeof chunks[index] === "string" ? mutateText(chunks[index]) : mutateBytes(chunks[index]);
  }
  return chunks;
}

function mutateText(text) {
  const at = int(text.length + 1);
  const to = Math.min(text.length, at + 1 + int(8));
  switch (int(8)) {
    case 0: return text.slice(0, at) + pick(TOKENS) + text.slice(at);
    case 1: return text.slice(0, at) + pick(TOKENS) + text.slice(to);
    case 2: return text.slice(0, at) + text.slice(to);
    case 3: return text.slice(0, at) + text.slice(at, to).repeat(2 + int(30)) + text.slice(to);
    case 4: return text.slice(0, at);
    case 5: return text.slice(at);
    case 6: return text.slice(0, at) + String.fromCharCode(int(65536)) + text.slice(to);
    default: return text.slice(0, at) + String(pick(pick(Object.values(seeds)))[0]) + text.slice(at);
  } // prettier-ignore
}

function mutateBytes(bytes) {
  const copy = Buffer.from(bytes);
  if (copy.length > 0 && random() < 0.7) copy[int(copy.length)] = int(256);
  return random() < 0.3 ? Buffer.concat([copy, randomBytes()]) : copy;
}

function randomText() {
  return Array.from({ length: int(20) }, () => (random() < 0.6 ? pick(TOKENS) : String.fromCharCode(int(65536)))).join(
    "",
  );
}

function randomBytes() {
  return Buffer.from(Array.from({ length: int(40) }, () => int(256)));
}

// A packet of the encoder's world: any JSON, any keys, bytes anywhere. In the notation of the vectors, so that it can be stored.
function randomPacket() {
  const budget = { binary: 10, values: 60 };
  const args = Array.from({ length: int(5) }, () => randomData(4, budget));
  const packet = { nsp: pick(["/", "/admin", "/__proto__", "/a?b=c"]) };
  const ack = random() < 0.3;
  const name = pick(["a", "chat message", "__proto__", "", 0, 7, '"quoted"', "👋", randomText().slice(0, 20)]);
  packet.type = ack ? protocol.PacketType.ACK : protocol.PacketType.EVENT;
  if (ack || random() < 0.3) packet.id = int(1000);
  packet.data = ack ? args : [protocol.RESERVED_EVENTS.has(name) ? "a" : name, ...args];
  return packet;
}

function randomData(depth, budget) {
  budget.values -= 1;
  const kind = budget.values <= 0 || depth === 0 ? int(5) : int(9);
  if (kind === 8 && budget.binary > 0) {
    budget.binary -= 1;
    return fromData(randomBytes());
  }
  switch (kind) {
    case 0: return null;
    case 1: return random() < 0.5;
    case 2: return int(1000) - 500;
    case 3: return Number((random() * 1e6).toPrecision(8));
    case 4: return randomText();
    case 5: return Array.from({ length: int(4) }, () => randomData(depth - 1, budget));
    default: {
      const keys = Array.from({ length: int(4) }, () => pick(["a", "b", "num", "toJSON", "__proto__", "constructor", "0", randomText()]));
      // fromEntries defines its keys, so that __proto__ is one.
      return Object.fromEntries(keys.map((key) => [key, randomData(depth - 1, budget)]));
    }
  } // prettier-ignore
}

function pick(list) {
  return list[int(list.length)];
}

function int(below) {
  return Math.floor(random() * below);
}

// A small generator with a seed; its quality is more than this needs.
function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
