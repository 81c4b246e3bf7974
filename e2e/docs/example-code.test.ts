// A block of the guide that names an example (```js example=auth/session.js) shows lines of that file, and nothing else.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, codeBlocks, pages } from "./pages.js";

const shown = pages().flatMap((page) =>
  codeBlocks(page).flatMap((block) => {
    const file = /^example=(\S+)$/.exec(block.info)?.[1];
    return file === undefined ? [] : [{ where: `${page.path}:${block.line}`, file, code: block.code }];
  }),
);

it.each(shown)("$where stands in examples/$file", ({ file, code }) => {
  const lines = new Set(
    readFileSync(join(ROOT, "examples", file), "utf8")
      .split("\n")
      .map((line) => line.trim()),
  );
  expect(code.split("\n").filter((line) => line !== "" && !lines.has(line.trim()))).toEqual([]);
});

it("is so of several blocks", () => {
  expect(shown.length).toBeGreaterThan(5);
});
