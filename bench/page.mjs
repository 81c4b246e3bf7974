// Writes report.html from the results of a run: plots and tables in one file that loads nothing.
//   npm run report --workspace bench                           of the latest run
//   npm run report --workspace bench -- bench/results/<date>.json    of that one
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { formatFigure } from "./tables.mjs";

const HERE = import.meta.dirname;
const RESULTS = join(HERE, "results");
const OUTPUT = join(HERE, "report.html");

try {
  const file = process.argv[2] === undefined ? latest() : resolve(process.env.INIT_CWD ?? ".", process.argv[2]);
  const run = JSON.parse(readFileSync(file, "utf8"));
  if (run.rows === undefined)
    throw new Error(`failed to read ${file}: it is of a bench before rows; run \`npm run bench\``);
  writeFileSync(OUTPUT, renderPage(run, readChartLibrary()));
  console.log(`bench/report.html: ${run.rows.length} rows, ${run.peers.length} peers, ${run.date}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function latest() {
  const name = readdirSync(RESULTS)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .at(-1);
  if (name === undefined) throw new Error("failed to find results: run `npm run bench` first");
  return join(RESULTS, name);
}

/** The build of Chart.js for script elements, which lies beside its entry. */
function readChartLibrary() {
  const entry = fileURLToPath(import.meta.resolve("chart.js"));
  return readFileSync(join(dirname(entry), "chart.umd.min.js"), "utf8");
}

function renderPage(run, chartLibrary) {
  const { machine } = run;
  const asset = (name) => readFileSync(join(HERE, "page", name), "utf8");
  const versions = Object.entries(run.versions).map((version) => version.join(" "));
  const plotted = { peers: run.peers, rows: run.rows };
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Everwire's bench</title>
<style>${asset("page.css")}</style>
<h1>Everwire's bench</h1>
<p>${escape(run.date)}, <code>${escape(run.command)}</code><br>
${escape(`${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}`)}<br>
${escape(versions.join(", "))}</p>
${run.warnings.map((warning) => `<p class="missed">${escape(warning)}</p>`).join("\n")}
<h2>Targets</h2>
${targetTable(run)}
<h2>Cost against the number of connections</h2>
<p>Flat is linear: each connection, each delivery costs the same however many there are.</p>
<div id="scale" class="plots"></div>
<h2>Ratios</h2>
<p>Medians of one run; less than 8 % is a tie.</p>
<div id="ratios" class="plots"></div>
<h2>Figures</h2>
${figureTable(run)}
<script type="application/json" id="run">${inScript(JSON.stringify(plotted))}</script>
<script>${inScript(chartLibrary)}</script>
<script type="module">${inScript(asset("plots.js"))}</script>
</html>
`;
}

function targetTable({ targets }) {
  const rows = targets.map(({ title, subject, against, better, target, ratio, reached }) => [
    title,
    `${subject} / ${against}`,
    `${better === "higher" ? "at least" : "at most"} ${target}`,
    ratio.toFixed(2),
    reached ? "reached" : "missed",
  ]);
  return table(["row", "ratio", "must be", "is", ""], rows);
}

function figureTable({ peers, rows }) {
  const cells = rows.map(({ title, unit, results }) => [
    title,
    unit,
    ...peers.map((peer) => (results[peer] === undefined ? "" : formatFigure(results[peer].median))),
  ]);
  return table(["row", "unit", ...peers], cells);
}

function table(head, rows) {
  const cell = (text) => `<td${text === "missed" ? ' class="missed"' : ""}>${escape(text)}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll"><table><tr>${head.map((text) => `<th>${escape(text)}</th>`).join("")}</tr>\n${body}</table></div>`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Text of a script element: nothing in it may end the element. In a string of JavaScript or JSON the backslash changes nothing. */
function inScript(text) {
  return text.replaceAll(/<\/(script)/gi, "<\\/$1");
}
