// Where every byte of the client's bundles goes, as the tables of docs/bundle-size.md: by the source map, for each group and module
// its raw bytes, and its marginal cost: what the bundle would weigh less under gzip -9 without them. `--write` writes them, and without
// it they have to be of this build. Run after `npm run build`.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { BUNDLES, builtFiles, readBuilt } from "./bundles.mjs";
import { putTables, readTable, table } from "./doc-tables.mjs";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const gzip = (text) => gzipSync(Buffer.from(text), { level: 9 }).length;
const brotli = (text) => brotliCompressSync(Buffer.from(text)).length;

/** The numbers of one segment of a source map, base64 VLQ (ECMA-426, "VLQ"). */
function readSegment(segment) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = BASE64.indexOf(character);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}

/** The code cut into runs, each with the index of the source it came from; -1: from none. */
function runsOf(code, { mappings }) {
  const runs = [];
  const lines = code.split("\n");
  let source = 0;
  mappings.split(";").forEach((line, row) => {
    const text = row < lines.length - 1 ? `${lines[row]}\n` : (lines[row] ?? "");
    let column = 0;
    let from = 0;
    let current = -1;
    for (const segment of line.split(",").filter(Boolean)) {
      const [step = 0, sourceStep] = readSegment(segment);
      column += step;
      runs.push([current, text.slice(from, column)]);
      from = column;
      if (sourceStep !== undefined) source += sourceStep;
      current = sourceStep === undefined ? -1 : source;
    }
    runs.push([current, text.slice(from)]);
  });
  return runs;
}

const nameOf = (path) =>
  path
    .replace(/^(?:\.\.\/)+/, "")
    .replace(/^(?=src\/)/, "client/")
    .replace("/src/", "/");

/** In the order of the table; the first that fits is it. */
const GROUPS = [
  ["Socket: events, acks, buffers, retries", /^client\/(?:socket|acks|catch-all)\.ts$/],
  ["Manager: reconnection, settings, look-up", /^client\/(?:manager|backoff|lookup|url|options)[\w-]*\.ts$/],
  ["Emitter, errors, guard, trace", /^client\/[\w-]+\.ts$|^client\/bundle\/|\/errors\.ts$/],
  ["Session: handshake, heartbeat, buffer, options", /^client\/engine\/(?!upgrade|platform)[\w.-]+\.ts$/],
  ["Upgrade", /^client\/engine\/upgrade\.ts$/],
  ["Polling by XMLHttpRequest and fetch", /\/transports\/(?:polling|request)/],
  ["WebSocket", /\/transports\/(?:websocket|ws)/],
  ["WebTransport", /\/transports\/webtransport|\/stream-frame/],
  ["Transport and platform", /^client\/engine\//],
  ["Wire: engine packets, packets, binary", /^protocol\//],
  ["Wrapping of the bundle", /^$/],
];

function groupsOf(runs, sources, whole) {
  const groupOf = (source) =>
    GROUPS.find(([, pattern]) => pattern.test(source < 0 ? "" : nameOf(sources[source])))?.[0];
  return GROUPS.map(([group]) => {
    const own = runs.filter(([source]) => groupOf(source) === group).map(([, text]) => text);
    const others = runs.filter(([source]) => groupOf(source) !== group).map(([, text]) => text);
    return { name: group, raw: Buffer.byteLength(own.join("")), marginal: whole - gzip(others.join("")) };
  });
}

function modulesOf(runs, sources, whole) {
  return [...new Set(runs.map(([source]) => source))]
    .filter((source) => source >= 0)
    .map((source) => {
      const own = runs.filter(([of]) => of === source).map(([, text]) => text);
      const others = runs.filter(([of]) => of !== source).map(([, text]) => text);
      return {
        name: `\`${nameOf(sources[source])}\``,
        raw: Buffer.byteLength(own.join("")),
        marginal: whole - gzip(others.join("")),
      };
    })
    .sort((one, other) => other.marginal - one.marginal);
}

const number = (value) => value.toLocaleString("en-US");

const PAGE = "docs/bundle-size.md";
/** Those whose bytes are told one by one. */
const MAPPED = ["everwire.esm.min.js", "everwire.ws.esm.min.js", "everwire.legacy.min.js"];
const COMPRESSORS = `zlib ${process.versions.zlib}, brotli ${process.versions.brotli}`;

function filesTable(files) {
  const rows = files.map((file) => {
    const code = readBuilt(file);
    const { wanted } = BUNDLES.find((bundle) => bundle.file === file) ?? {};
    const aim = wanted === undefined ? ["", ""] : [number(wanted), number(Math.max(0, gzip(code) - wanted))];
    return [`\`${file}\``, ...[Buffer.byteLength(code), gzip(code), brotli(code)].map(number), ...aim];
  });
  return `${table(["File", "raw", "gzip -9", "brotli", "wanted", "too much"], rows)}\n\nCompressed by ${COMPRESSORS}.`;
}

function mapOf(file) {
  const code = readBuilt(file).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
  const map = JSON.parse(readBuilt(`${file}.map`));
  return { code, map, runs: runsOf(code, map) };
}

/** One section a bundle. */
function mapTable(files, head, listOf) {
  const sections = MAPPED.filter((file) => files.includes(file)).map((file) => {
    const { code, map, runs } = mapOf(file);
    const rows = listOf(runs, map.sources, gzip(code))
      .filter(({ raw }) => raw > 0)
      .map(({ name, raw, marginal }) => [name, number(raw), number(marginal)]);
    return `### ${head}s of \`${file}\`\n\n${table([head, "raw", "gzip, marginal"], rows)}`;
  });
  return sections.join("\n\n");
}

/** Another release of the compressors gives other sizes of the same bytes: then only the names and the raw sizes have to agree. */
const withoutCompressed = (page) => {
  const rows = page.split("\n").map((line) => line.split("|").slice(0, 3).join("|").trim());
  return rows
    .filter((row) => /^\| `|^### /.test(row))
    .sort()
    .join("\n");
};

try {
  const files = builtFiles();
  const tables = {
    files: filesTable(files),
    groups: mapTable(files, "Group", groupsOf),
    modules: mapTable(files, "Module", modulesOf),
  };
  const comparable = readTable(PAGE, "files")?.includes(COMPRESSORS) === true;
  await putTables(PAGE, tables, {
    write: process.argv.includes("--write"),
    script: "scripts/bundle-map.mjs",
    same: (one, other) => (comparable ? one === other : withoutCompressed(one) === withoutCompressed(other)),
  });
  console.log(`${PAGE} has the sizes of ${files.length} files`);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
