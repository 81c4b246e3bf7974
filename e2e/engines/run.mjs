// Every engine, in each place where a client can run, with each bundle over each transport: one list of features. Needs a build.
//   node e2e/engines/run.mjs [--only chromium,firefox] [--context page,worker] [--transport polling] [--bundle everwire.min.js] [--write]
// Prints a line a run, and checks docs/browsers.md against what ran; `--write` writes it. The last line has the sums: a feature that works, or
// that the page or the driver says can't be had here, is a case that passed, and so is the table. A missing engine is an error.
import { parseArgs } from "node:util";
import { startBed } from "./bed.mjs";
import { loadEngines } from "./engine.mjs";
import { FEATURES } from "./features.mjs";
import { checkTable, writeTable } from "./table.mjs";

/** Engines that run at the same time; the runs of one engine follow each other. */
const LANES = 2;

/** Several times what the slowest takes. */
const RUN_LIMIT_MS = 150_000;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    context: { type: "string" },
    transport: { type: "string" },
    bundle: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const among = (list, value) => list === undefined || list.split(",").includes(value);
const isWhole = [options.only, options.context, options.transport, options.bundle].every(
  (value) => value === undefined,
);

const allEngines = await loadEngines();
const engines = allEngines.filter(({ id }) => among(options.only, id));
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {{ engine: import("./engine.mjs").Engine, context: string, bundle: string, transport: string, results: Map<string, object> }[]} */
const runs = [];

if (engines.length === 0) fail(`there is no engine ${options.only}`);
const waiting = [...engines];
await Promise.all(Array.from({ length: LANES }, runLane));
await compareTable();
console.log(`engines: ${JSON.stringify(total)}`);
process.exit(total.failed > 0 ? 1 : 0);

function fail(message) {
  total.failed += 1;
  console.error(`failed: ${message}`);
}

async function runLane() {
  for (let engine = waiting.shift(); engine !== undefined; engine = waiting.shift()) {
    const missing = engine.find();
    if (missing !== undefined) {
      fail(`${engine.id} is missing: ${missing}`);
      continue;
    }
    try {
      await runEngine(engine);
    } catch (error) {
      fail(`${engine.id}: ${error.stack}`);
    } finally {
      await engine.stop?.();
    }
  }
}

async function runEngine(engine) {
  for (const context of engine.contexts ?? ["page"])
    for (const bundle of engine.bundles)
      for (const transport of engine.transports) {
        const run = { context, bundle, transport };
        if (canBe(engine, run) && Object.keys(run).every((key) => among(options[key], run[key])))
          await runWithin(engine, run);
      }
}

/**
 * A browser that stands still, or does not do something in time, is started once more, as Playwright does it on CI, and that is said; what it
 * then does not do is a failure.
 */
async function runWithin(engine, run) {
  for (const isLast of [false, true]) {
    let timer;
    const limit = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no end of it in ${RUN_LIMIT_MS / 1000} s`)), RUN_LIMIT_MS);
    });
    try {
      const { results, tookMs } = await Promise.race([runOne(engine, run), limit]);
      const failed = FEATURES.find(({ name }) => results.get(name)?.outcome === "failed");
      if (failed !== undefined && !isLast) {
        const { name, text } = { ...failed, ...results.get(failed.name) };
        console.log(`${engine.id}, ${Object.values(run).join(", ")}: once more, for: ${name}: ${text}`);
        continue;
      }
      report(engine, run, results, tookMs);
      return;
    } catch (error) {
      if (isLast) throw error;
      console.log(`${engine.id}, ${Object.values(run).join(", ")}: once more, for: ${error.message}`);
      // It may not answer to this either.
      engine.stop?.().catch(() => undefined);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether there is such a combination at all. */
function canBe(engine, { context, bundle, transport }) {
  // Of the bundles the legacy one alone has JSONP.
  if (transport === "jsonp" && !bundle.includes("legacy")) return false;
  return context !== "service worker" || !bundle.includes(".esm.") || engine.hasModuleServiceWorkers === true;
}

async function runOne(engine, run) {
  const startMs = performance.now();
  const bed = await startBed(run);
  try {
    await runMain(engine, run, bed);
    await runSecure(engine, run, bed);
  } finally {
    await bed.close();
  }
  for (const { name } of FEATURES) {
    const why = lackOf(engine, name, run);
    if (why !== undefined) bed.results.set(name, { outcome: "not possible here", text: why });
  }
  return { results: bed.results, tookMs: performance.now() - startMs };
}

function lackOf(engine, name, { transport }) {
  return engine.lacks?.[`${name}@${transport}`] ?? engine.lacks?.[name];
}

async function runMain(engine, run, bed) {
  const tab = await engine.open(bed.url, { pre: engine.pre });
  try {
    await bed.finish("main");
    const why = run.context === "service worker" ? "outlives its pages" : lackOf(engine, "leaving", run);
    if (why === undefined) await bed.watchLeaving(tab.leave);
    else bed.results.set("leaving", { outcome: "not possible here", text: why });
  } finally {
    await tab.close();
  }
}

async function runSecure(engine, run, bed) {
  const why = lackOf(engine, "https", run);
  if (why !== undefined) {
    bed.results.set("https", { outcome: "not possible here", text: why });
    return;
  }
  const tab = await engine.open(bed.secureUrl, { pre: engine.pre });
  try {
    await bed.finish("secure");
  } finally {
    await tab.close();
  }
}

function report(engine, run, results, tookMs) {
  runs.push({ engine, ...run, results });
  const outcomes = FEATURES.map(({ name }) => ({ name, ...results.get(name) }));
  const good = outcomes.filter(({ outcome }) => outcome === "ok");
  const words = outcomes.filter(({ outcome }) => outcome === "not possible here");
  const bad = outcomes.filter((outcome) => !good.includes(outcome) && !words.includes(outcome));
  total.passed += good.length + words.length;
  total.failed += bad.length;
  const notes = words.map(({ name, text }) => `; ${name}: ${text}`).join("");
  console.log(
    `${engine.id}, ${run.context}, ${run.bundle}, ${run.transport}: ${good.length} of ${outcomes.length}${notes} (${(tookMs / 1000).toFixed(1)} s)`,
  );
  for (const { name, text } of bad) console.error(`  failed: ${name}: ${text ?? "nothing came of it"}`);
}

async function compareTable() {
  if (options.write) {
    if (total.failed > 0) fail("docs/browsers.md was not written: it would tell of failures");
    else await writeTable(runs, isWhole, allEngines);
    return;
  }
  const differences = await checkTable(runs, isWhole);
  if (differences.length === 0) total.passed += 1;
  else fail(`docs/browsers.md says something else, run with --write to change it:\n${differences.join("\n")}`);
}
