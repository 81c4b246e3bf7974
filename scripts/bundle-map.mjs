// Where every byte of the client's bundles goes, as the tables of docs/bundle-size.md: by the source map, for each group and module
// its raw bytes, and its marginal cost: what the bundle would weigh less under gzip -9 without them. Run after `npm run build`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { ROOT } from "./npm-packages.mjs";

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
  ["Socket: events, acks, buffers, retries", /^client\/(?:socket|acks|retry-queue|buffer-cap|catch-all)\.ts$/],
  [
    "Manager: reconnection, settings, look-up",
    /^client\/(?:manager|reconnection|backoff|lookup|url|reader|options)[\w-]*\.ts$/,
  ],
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
const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");

const FILES = [
  ...["everwire.esm.min.js", "everwire.min.js", "everwire.esm.js", "everwire.js"],
  ...["everwire.msgpack.min.js", "everwire.engine.min.js"],
];
const FOLDER = join(ROOT, "packages/client/dist/bundle");
const read = (file) => readFileSync(join(FOLDER, file), "utf8");

console.log(
  table(
    ["File", "raw", "gzip -9", "brotli"],
    FILES.map((file) => {
      const code = read(file);
      return [`\`${file}\``, ...[Buffer.byteLength(code), gzip(code), brotli(code)].map(number)];
    }),
  ),
);

const code = read("everwire.esm.min.js").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
const map = JSON.parse(read("everwire.esm.min.js.map"));
const runs = runsOf(code, map);
for (const [head, list] of [
  ["Group", groupsOf(runs, map.sources, gzip(code))],
  ["Module", modulesOf(runs, map.sources, gzip(code))],
]) {
  const rows = list
    .filter(({ raw }) => raw > 0)
    .map(({ name, raw, marginal }) => [name, number(raw), number(marginal)]);
  console.log(`\n${table([head, "raw", "gzip, marginal"], rows)}`);
}
