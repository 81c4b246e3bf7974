// The parts of a page that a script writes: what stands between `<!-- table: name -->` and `<!-- /table -->`. `--write` writes them,
// and without it they have to be what they would be written as.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { ROOT } from "./npm-packages.mjs";

/** Rows of cells as a table; the first column to the left, the others to the right unless `align` says otherwise. */
export const table = (head, rows, align = "---:") =>
  [head, head.map((_, column) => (column === 0 ? "---" : align)), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");

/** What stands now in a table of a page. */
export function readTable(page, name) {
  const text = readFileSync(join(ROOT, page), "utf8");
  return new RegExp(`<!-- table: ${name} -->\n([^]*?)<!-- /table -->`).exec(text)?.[1];
}

/**
 * Writes the tables into the page, or throws when the page has others. `same`: whether two texts of a table count as one, for what
 * differs from machine to machine; by default they have to be equal.
 */
export async function putTables(page, tables, { write, script, same = (one, other) => one === other }) {
  const path = join(ROOT, page);
  let text = readFileSync(path, "utf8");
  for (const [name, content] of Object.entries(tables)) {
    const region = new RegExp(`(<!-- table: ${name} -->\n)[^]*?(<!-- /table -->)`);
    if (!region.test(text)) throw new Error(`failed to find the table "${name}" in ${page}`);
    text = text.replace(region, (_, begin, end) => `${begin}\n${content}\n\n${end}`);
  }
  text = await format(text, { ...(await resolveConfig(path)), filepath: path });
  if (write) {
    writeFileSync(path, text);
    return;
  }
  if (!same(readFileSync(path, "utf8"), text))
    throw new Error(`${page} is not of this build: run \`node ${script} --write\` and look at what changes`);
}
