// The door fuzzer: attacks over bare TCP on the HTTP and the WebSocket door of a real server in a process of its own. After each round the
// process has to live, to have answered a bystander, to have caught nothing, and to keep nothing of the offenders. Needs a build.
//   node e2e/fuzz/run.mjs [--seconds 15] [--seed N] [--round 300] [--from number] [--only number]
// Replays the corpus first. A failing round is narrowed down, stored in e2e/fuzz/corpus, and the exit code is 1. `--seed N --only M`
// carries out attack M of seed N alone, `--from M` begins there.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeAttack } from "./inputs.mjs";
import { Target } from "./target.mjs";

const CORPUS = fileURLToPath(new URL("corpus/", import.meta.url));
/** What the heap may grow from the first round to the last: caches, and what is not collected yet. */
const HEAP_GROWTH_BYTES = 40_000_000;
/** A finding that can't be narrowed down to this many attacks is only printed. */
const MOST_STORED = 20;
/** Failures that are worked on in one run. */
const ENOUGH = 5;

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "15" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    round: { type: "string", default: "300" },
    from: { type: "string", default: "0" },
    only: { type: "string" },
  },
});
const seed = Number(options.seed);
const endMs = performance.now() + Number(options.seconds) * 1000;
const counts = { http: 0, websocket: 0 };
let failures = 0;
let roundStart = 0;
let target;

try {
  target = await Target.start();
  if (options.only === undefined) await replayCorpus();
  console.log(`doors: seed ${seed}, ${options.seconds} s`);
  if (options.only === undefined) await fuzz(Number(options.round));
  else await round([makeAttack(seed, Number(options.only))]);
} catch (error) {
  failures += 1;
  console.error(error);
} finally {
  target?.stop();
}
console.log(`doors: ${counts.http + counts.websocket} attacks (http ${counts.http}, websocket ${counts.websocket})`);
console.log(failures === 0 ? "doors: nothing found" : `doors: ${failures} failure(s), see e2e/fuzz/corpus`);
process.exit(failures === 0 ? 0 : 1);

async function replayCorpus() {
  mkdirSync(CORPUS, { recursive: true });
  const files = readdirSync(CORPUS).filter((file) => file.endsWith(".json"));
  for (const file of files) {
    const { attacks } = JSON.parse(readFileSync(CORPUS + file, "utf8"));
    const why = await target.endure(attacks, 1);
    if (why === undefined) continue;
    failures += 1;
    console.error(`doors: corpus ${file}: ${why}`);
    await renew();
  }
  console.log(`doors: ${files.length} corpus file(s) replayed`);
}

async function fuzz(size) {
  let number = Number(options.from);
  let firstBytes;
  while (performance.now() < endMs && failures < ENOUGH) {
    roundStart = number;
    const attacks = Array.from({ length: size }, () => makeAttack(seed, number++));
    const isFine = await round(attacks);
    if (isFine) firstBytes ??= await target.heapBytes();
    else firstBytes = undefined;
    if (number % (size * 20) === 0) console.log(`doors: ${number} attacks, heap ${await megabytes()} MB`);
  }
  if (firstBytes === undefined) return;
  const grownBytes = (await target.heapBytes()) - firstBytes;
  console.log(
    `doors: heap ${await megabytes()} MB, ${(grownBytes / 1e6).toFixed(1)} MB more than after the first round`,
  );
  if (grownBytes > HEAP_GROWTH_BYTES) failures += 1;
}

async function megabytes() {
  return ((await target.heapBytes()) / 1e6).toFixed(1);
}

/** True if nothing was found. */
async function round(attacks) {
  for (const { door } of attacks) counts[door] += 1;
  const why = await target.endure(attacks);
  if (why === undefined) return true;
  failures += 1;
  console.error(`doors: seed ${seed}: ${why}`);
  await renew();
  store(await narrow(attacks, why));
  return false;
}

async function renew() {
  target.stop();
  target = await Target.start();
}

/** The fewest attacks of a round that fail on a fresh process. */
async function narrow(attacks, why) {
  let found = { attacks, why };
  while (found.attacks.length > 1) {
    const middle = Math.ceil(found.attacks.length / 2);
    const halves = [found.attacks.slice(0, middle), found.attacks.slice(middle)];
    let smaller;
    for (const half of halves) {
      // What depends on the moment may not show at once.
      const reason = (await target.endure(half)) ?? (await target.endure(half));
      if (reason === undefined) continue;
      smaller = { attacks: half, why: reason };
      await renew();
      break;
    }
    if (smaller === undefined) break;
    found = smaller;
  }
  return found;
}

function store({ attacks, why }) {
  if (attacks.length > MOST_STORED) {
    console.error(
      `doors: no fewer of them fail: \`--seed ${seed} --from ${roundStart} --round ${options.round}\` does it again`,
    );
    return;
  }
  const text = JSON.stringify({ found: why, seed, attacks }, null, 1);
  const name = `${createHash("sha1").update(text).digest("hex").slice(0, 12)}.json`;
  writeFileSync(CORPUS + name, `${text}\n`);
  console.error(`doors: ${name}: ${attacks.length} attack(s): ${why}`);
}
