// The table of docs/browsers.md: written from what ran, and read again to be compared with what ran. A row is an engine, a place and a
// transport, with all bundles that fared alike.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { FEATURES } from "./features.mjs";

const PAGE = fileURLToPath(new URL("../../docs/browsers.md", import.meta.url));
const BUNDLE_NAMES = new Map([
  ["everwire.esm.min.js", "module"],
  ["everwire.min.js", "script"],
  ["everwire.legacy.min.js", "legacy"],
]);
const COLUMNS = ["Engine", "Year", "Where", "Transport", "Bundle", ...FEATURES.map(({ name }) => name)];
/** Columns before those of the features. */
const KEY_COLUMNS = 5;

/**
 * @typedef {object} Run
 * @property {import("./engine.mjs").Engine} engine
 * @property {string} context
 * @property {string} bundle
 * @property {string} transport
 * @property {Map<string, { outcome: string, text: string }>} results
 */

/** What the page says otherwise than these runs, in words; of runs that are not all there are, only what they tell. */
export async function checkTable(/** @type {Run[]} */ runs, isWhole) {
  const page = readFileSync(PAGE, "utf8");
  const written = readEntries(page);
  const ran = entriesOf(runs);
  const differences = [];
  for (const [key, cells] of ran) {
    const expected = written.get(key);
    if (expected === undefined) differences.push(`  ${key}: not in the table`);
    else if (expected !== cells) differences.push(`  ${key}:\n    ran:   ${cells}\n    table: ${expected}`);
  }
  if (isWhole) for (const key of written.keys()) if (!ran.has(key)) differences.push(`  ${key}: did not run`);
  if (between(page, "features").trim() !== featureList()) differences.push("  the list of features");
  return differences;
}

/**
 * Writes the table: whole from a whole run, else only the rows of what ran.
 * @param {import("./engine.mjs").Engine[]} engines All of them, in the table's order.
 */
export async function writeTable(/** @type {Run[]} */ runs, isWhole, engines) {
  const page = readFileSync(PAGE, "utf8");
  const entries = new Map([...(isWhole ? [] : readEntries(page)), ...entriesOf(runs)]);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const table = [line(COLUMNS), line(COLUMNS.map(() => "---")), ...rowsOf(entries, engines).map(line)].join("\n");
  const text = replaced(replaced(page, "engines", table), "features", featureList());
  const options = await resolveConfig(PAGE);
  writeFileSync(PAGE, await format(text, { ...options, filepath: PAGE }));
}

/** Each run as text: what identifies it, and its cells. */
function entriesOf(runs) {
  return new Map(
    runs.map(({ engine, context, bundle, transport, results }) => [
      [engine.name, engine.year, context, transport, BUNDLE_NAMES.get(bundle)].join(" | "),
      FEATURES.map(({ name }) => cellOf(results.get(name))).join(" | "),
    ]),
  );
}

function cellOf({ outcome, text }) {
  if (outcome === "ok") return "yes";
  return outcome === "not possible here" ? text : "FAILS";
}

/** The same from the table of the page. */
function readEntries(page) {
  const entries = new Map();
  const [, , ...rows] = between(page, "engines").trim().split("\n");
  for (const row of rows) {
    const cells = row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [name, year, context, transport, bundles = ""] = cells;
    for (const bundle of bundles.split(", "))
      entries.set([name, year, context, transport, bundle].join(" | "), cells.slice(KEY_COLUMNS).join(" | "));
  }
  return entries;
}

/** The rows of the table: bundles that fared alike share one. */
function rowsOf(entries, engines) {
  const rows = new Map();
  for (const [key, cells] of entries) {
    const [name, year, context, transport, bundle] = key.split(" | ");
    const place = [name, year, context, transport];
    const row = [...place, cells].join(" | ");
    if (!rows.has(row)) rows.set(row, { place, bundles: [], cells: cells.split(" | ") });
    rows.get(row).bundles.push(bundle);
  }
  const rank = ({ place: [name, , context, transport] }) => {
    const { contexts = ["page"], transports } = engines.find((engine) => engine.name === name) ?? { transports: [] };
    const numbers = [engines.findIndex((engine) => engine.name === name), contexts.indexOf(context)];
    return [...numbers, transports.indexOf(transport)].reduce((sum, number) => sum * 100 + number, 0);
  };
  const bundleOrder = [...BUNDLE_NAMES.values()];
  const sorted = (bundles) => bundles.sort((a, b) => bundleOrder.indexOf(a) - bundleOrder.indexOf(b));
  return [...rows.values()]
    .filter(({ place: [name] }) => engines.some((engine) => engine.name === name))
    .sort((a, b) => rank(a) - rank(b))
    .map(({ place, bundles, cells }) => [...place, sorted(bundles).join(", "), ...cells]);
}

const featureList = () => FEATURES.map(({ name, means }) => `- **${name}**: ${means}`).join("\n");

function edges(page, name) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`failed to read docs/browsers.md: ${start} or ${end} is missing`);
  return [from + start.length, to];
}

const between = (page, name) => page.slice(...edges(page, name));

function replaced(page, name, text) {
  const [from, to] = edges(page, name);
  return `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`;
}
