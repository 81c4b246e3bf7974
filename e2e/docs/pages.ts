// The documentation as data: which pages there are, their links and their code blocks. Used by the tests beside it.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface CodeBlock {
  language: string;
  /** What stands behind the language on the fence line, e.g. `server`. */
  info: string;
  code: string;
  line: number;
}

export interface Page {
  path: string;
  text: string;
}

const SKIPPED = new Set([
  "node_modules",
  "dist",
  "coverage",
  ".git",
  ".cache",
  "test-results",
  "playwright-report",
  "client-dist",
]);

function* markdownFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* markdownFiles(path);
    else if (entry.name.endsWith(".md")) yield path;
  }
}

export const page = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), "utf8") });

export const pages = (): Page[] => [...markdownFiles(ROOT)].map((file) => page(relative(ROOT, file)));

export function codeBlocks({ text }: Page): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: CodeBlock | undefined;
  text.split("\n").forEach((content, index) => {
    const fence = /^```(\S*)\s*(.*)$/.exec(content);
    if (fence && open) {
      blocks.push(open);
      open = undefined;
    } else if (fence) {
      open = { language: fence[1] ?? "", info: fence[2] ?? "", code: "", line: index + 1 };
    } else if (open) {
      open.code += `${content}\n`;
    }
  });
  return blocks;
}

/** GitHub's anchors: lower case, punctuation dropped, spaces to hyphens. */
export const anchors = ({ text }: Page): Set<string> =>
  new Set(
    text
      .replace(/^```[\s\S]*?^```/gm, "")
      .split("\n")
      .filter((line) => /^#{1,6} /.test(line))
      .map((line) =>
        line
          .replace(/^#+ /, "")
          .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, "")
          .trim()
          .replace(/\s/g, "-"),
      ),
  );

export const links = ({ text }: Page): string[] =>
  [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
