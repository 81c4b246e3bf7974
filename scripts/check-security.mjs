// docs/security-tests.md can't lie: it has a row for each kind of attack, and each row names test files with words of a test's title,
// which begins with the number of the row. Files and titles exist, and the tests run.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./npm-packages.mjs";
import { plain, titlesOf } from "./test-titles.mjs";

const PAGE = "docs/security-tests.md";
const KINDS = 30;

/** @returns {{ proofs: number, problems: string[] }} */
export function checkSecurity(text = readFileSync(join(ROOT, PAGE), "utf8")) {
  const problems = [];
  const missing = new Set(Array.from({ length: KINDS }, (_, index) => index + 1));
  let proofs = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const [, digits, , shownBy] = line.split(/(?<!\\)\|/).map(plain);
    if (!/^\d+$/.test(digits ?? "")) continue;
    const number = Number(digits);
    const where = `${PAGE}:${index + 1}`;
    if (!missing.delete(number)) problems.push(`${where}: ${number} is no kind of attack, or stands here twice`);
    for (const proof of (shownBy ?? "").split("<br>")) {
      const problem = problemOf(number, plain(proof.replaceAll("`", "")));
      if (problem === undefined) proofs += 1;
      else problems.push(`${where}: ${problem}`);
    }
  }
  for (const number of missing) problems.push(`${PAGE}: no row for ${number}`);
  return { proofs, problems };
}

function problemOf(number, proof) {
  const [file = "", ...rest] = proof.split(": ");
  const title = rest.join(": ");
  if (!title.startsWith(`S${number} `)) return `the title of a test of ${number} begins with S${number}: ${proof}`;
  if (!/\.test\.ts$/.test(file) || !existsSync(join(ROOT, file))) return `no such test file: ${file}`;
  // Behind the quote: the words are the beginning of the title.
  return titlesOf(file).some((known) => known.includes(`("${title}`)) ? undefined : `${file} has no test "${title}"`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { proofs, problems } = checkSecurity();
  for (const problem of problems) console.error(problem);
  console.log(`${KINDS} kinds of attack, ${proofs} proofs, ${problems.length} problems`);
  process.exit(problems.length === 0 ? 0 : 1);
}
