// `npm test`: installs what is missing, then runs every check and every test there is, and ends with one line of true sums.
// A check without cases of its own (lint, types, a build) counts as one. `npm test -- lint unit` runs only the named stages.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, ensureNpmPackages } from "./npm-packages.mjs";
import { ensureSystemPackages } from "./system-packages.mjs";

const REPORTS = join(ROOT, ".cache", "reports");
const VITEST_REPORT = join(REPORTS, "vitest.json");
const BROWSER_REPORT = join(REPORTS, "browser.json");

const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } })
    .status === 0;
const npx = (...args) => run("npx", ["--no-install", ...args]);
const node = (...args) => run(process.execPath, args);

/** One check, one count. */
const check = (passed) => ({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 });

/** A runner's own sums, from its JSON report; a runner that failed without a failed case (a gate, a crash) counts as one failure more. */
function sums(ok, file, read) {
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = read(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    console.error(`no report at ${file}: ${error.message}`);
    ok = false;
  }
  if (!ok && counts.failed === 0) counts.failed = 1;
  if (ok && counts.passed + counts.failed === 0) counts.failed = 1;
  return counts;
}

function vitest(...args) {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${VITEST_REPORT}`];
  const ok = npx("vitest", "run", ...args, ...reporters);
  return sums(ok, VITEST_REPORT, (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }));
}

function browsers() {
  const ok = run(
    "npx",
    ["--no-install", "playwright", "test", "-c", "e2e/playwright.config.ts", "--reporter=list,json"],
    {
      PLAYWRIGHT_JSON_OUTPUT_NAME: BROWSER_REPORT,
    },
  );
  return sums(ok, BROWSER_REPORT, ({ stats }) => {
    if (stats.flaky > 0) console.log(`${stats.flaky} of them passed at the second try only`);
    return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
  });
}

/** Several times what the suite takes. */
const CHAOS_LIMIT_MS = 15 * 60_000;

/** The last line of a chaos suite has its sums: one schedule, one case. */
function chaos(file, ...args) {
  const { status, stdout } = spawnSync(process.execPath, [`e2e/chaos/${file}`, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    timeout: CHAOS_LIMIT_MS,
  });
  process.stdout.write(stdout);
  const sums = /^chaos: (\{.*\})$/m.exec(stdout)?.[1];
  if (sums === undefined) return check(false);
  const { schedules, failed, skipped = 0 } = JSON.parse(sums);
  return { passed: schedules - failed, failed: status === 0 ? failed : Math.max(failed, 1), skipped };
}

/** Several times what all engines take. */
const ENGINES_LIMIT_MS = 15 * 60_000;

/** The features in each engine, the chat example in each, and the shells without a page. The last line of each has its sums. */
const ENGINE_SUITES = { engines: "run.mjs", chat: "chat.mjs", shells: "shells.mjs" };

function engines() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, file] of Object.entries(ENGINE_SUITES)) {
    const { status, stdout } = spawnSync(process.execPath, [`e2e/engines/${file}`], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
      timeout: ENGINES_LIMIT_MS,
    });
    process.stdout.write(stdout);
    const line = stdout.split("\n").findLast((text) => text.startsWith(`${name}: {`));
    const own = line === undefined ? check(false) : JSON.parse(line.slice(name.length + 2));
    if (status !== 0) own.failed = Math.max(own.failed, 1);
    for (const key of Object.keys(counts)) counts[key] += own[key];
  }
  return counts;
}

/** In order: the cheap and telling ones first, the build before whatever runs built files. */
const STAGES = {
  build: () => check(node("scripts/build.mjs")),
  lint: () => check(npx("eslint", ".")),
  format: () => check(npx("prettier", "--check", "--log-level=warn", ".")),
  types: () => check(npx("tsc", "-p", "tsconfig.test.json")),
  vitest: () => vitest("--coverage", "--project", "!brokers"),
  // Alone, for each of its cases is four processes and a broker; two files at a time, for they mostly wait.
  brokers: () => vitest("--project", "brokers", "--maxWorkers=2"),
  packages: () => check(node("scripts/check-packages.mjs")),
  integrity: () => check(node("scripts/integrity.mjs")),
  sizes: () => check(node("scripts/bundle-map.mjs")),
  parity: () => check(node("scripts/check-parity.mjs")),
  security: () => check(node("scripts/check-security.mjs")),
  fuzz: () => check(node("scripts/fuzz.mjs", "--seconds", "5")),
  doors: () => check(node("e2e/fuzz/run.mjs", "--seconds", "15")),
  bench: () => check(node("bench/run.mjs", "--smoke")),
  chaos: () => chaos("run.mjs", "--seconds", "180", "--sweep-step", "60"),
  netns: () => chaos("netns.mjs", "--schedules", "9"),
  browsers,
  engines,
};

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(STAGES, name));

try {
  if (unknown.length > 0)
    throw new Error(`unknown stage ${unknown.join(" ")}: the stages are ${Object.keys(STAGES).join(" ")}`);
  ensureNpmPackages();
  ensureSystemPackages();
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });

  for (const [name, stage] of Object.entries(STAGES)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    console.log(`\n=== ${name}`);
    const started = performance.now();
    const counts = stage();
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (counts.failed > 0) failures.push(name);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `=== ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds} s)`,
    );
    if (name === "build" && counts.failed > 0) break;
  }
} catch (error) {
  console.error(error.message);
  total.failed += 1;
  failures.push("setup");
}

if (failures.length > 0) console.log(`\nfailed: ${failures.join(", ")}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);
