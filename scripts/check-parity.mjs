// docs/parity/*.md can't lie: each row that claims a behaviour names a test file and words of a test's title in it, and both exist and run.
// Rows that differ on purpose link to where that is explained; rows "cut" say why, "not yet" nothing. The sums in docs/parity.md are
// those of the rows: `node scripts/check-parity.mjs --write` brings them up to date.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./npm-packages.mjs";
import { plain, titlesOf } from "./test-titles.mjs";

const FOLDER = join(ROOT, "docs", "parity");
const INDEX = join(ROOT, "docs", "parity.md");
const VERDICTS = ["same", "differs", "cut", "not yet"];

/** The cells of a table row; a `|` in code is written `\|`. */
const cells = (line) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map(plain);

/** @returns {{ sections: { number: number, title: string, counts: number[] }[], problems: string[] }} counts: one a verdict */
export function checkParity() {
  const problems = [];
  const sections = [];
  const names = readdirSync(FOLDER).filter((file) => /^\d+\.md$/.test(file));
  for (const name of names.sort((one, other) => parseInt(one, 10) - parseInt(other, 10))) {
    const text = readFileSync(join(FOLDER, name), "utf8");
    const lines = text.split("\n");
    const counts = VERDICTS.map(() => 0);
    const title = /^# (?:Parity: )?(.+)$/m.exec(text)?.[1] ?? name;
    sections.push({ number: parseInt(name, 10), title: title[0].toUpperCase() + title.slice(1), counts });
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith("|") || /^\|[\s:|-]+\|$/.test(line)) continue;
      const [behaviour, proof = "", verdict = ""] = cells(line);
      if (/^behaviour$/i.test(behaviour)) continue;
      const kind = VERDICTS.findIndex((known) => verdict.startsWith(known));
      if (kind >= 0) counts[kind] += 1;
      const where = `docs/parity/${name}:${index + 1}`;
      if (verdict.startsWith("not yet") || /^cut: \S/.test(verdict)) continue;
      if (kind < 0) problems.push(`${where}: the verdict is none of ${VERDICTS.join(", ")}: ${verdict}`);
      if (verdict.startsWith("differs") && !/\]\([^)]+\)/.test(verdict))
        problems.push(`${where}: differs without a link to the reason`);
      const [file = "", ...title] = proof.replaceAll("`", "").split(":");
      const words = plain(title.join(":"));
      if (!existsSync(join(ROOT, file)) || !/\.(test|spec)\.ts$/.test(file))
        problems.push(`${where}: no such test file: ${file}`);
      else if (words === "" || !titlesOf(file).some((title) => title.includes(words)))
        problems.push(`${where}: ${file} has no test named "${words}"`);
    }
  }
  return { sections, problems };
}

/** The table of sums, as the formatter would lay it out. */
function sumsOf(sections) {
  const total = VERDICTS.map((_, index) => sections.reduce((sum, { counts }) => sum + counts[index], 0));
  const rows = [
    ["Section", ...VERDICTS],
    ...sections.map(({ number, title, counts }) => [`[${number}. ${title}](parity/${number}.md)`, ...counts]),
    ["All", ...total],
  ];
  const width = Math.max(...rows.map(([section]) => section.length));
  const line = ([section, ...counts]) =>
    `| ${section.padEnd(width)} | ${counts.map((count, index) => String(count).padStart(VERDICTS[index].length)).join(" | ")} |`;
  const rule = `| ${"-".repeat(width)} | ${VERDICTS.map((verdict) => `${"-".repeat(verdict.length - 1)}:`).join(" | ")} |`;
  const [head, ...body] = rows.map(line);
  return `${[head, rule, ...body].join("\n")}\n`;
}

const SUMS = /(?<=^## Sums\n\n)(?:\|.*\n)+/m;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { sections, problems } = checkParity();
  const sums = sumsOf(sections);
  const index = readFileSync(INDEX, "utf8");
  if (process.argv.includes("--write"))
    writeFileSync(
      INDEX,
      index.replace(SUMS, () => sums),
    );
  else if (SUMS.exec(index)?.[0] !== sums)
    problems.push("docs/parity.md: the sums are not those of the rows: run `node scripts/check-parity.mjs --write`");
  for (const problem of problems) console.error(problem);
  console.log(sums);
  const rows = sections.reduce((sum, { counts }) => sum + counts.reduce((all, count) => all + count, 0), 0);
  console.log(`${rows} rows, ${problems.length} problems`);
  process.exit(rows > 0 && problems.length === 0 ? 0 : 1);
}
