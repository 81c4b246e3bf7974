// The hashes by which a page can tell that a bundle is the one of this version (Subresource Integrity), as the table of
// docs/integrity.md: `--write` writes it, and without it the table has to be of this build. Run after `npm run build`.
import { createHash } from "node:crypto";
import { builtFiles, readBuilt } from "./bundles.mjs";
import { putTables, table } from "./doc-tables.mjs";

const hashOf = (file) => `sha384-${createHash("sha384").update(readBuilt(file)).digest("base64")}`;

try {
  const rows = builtFiles().map((file) => [`\`${file}\``, `\`${hashOf(file)}\``]);
  const write = process.argv.includes("--write");
  await putTables(
    "docs/integrity.md",
    { hashes: table(["File", "`integrity`"], rows, "---") },
    { write, script: "scripts/integrity.mjs" },
  );
  console.log(`docs/integrity.md has the hashes of ${rows.length} files`);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
