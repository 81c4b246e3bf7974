// The reading line of ARCHITECTURE.md is true: each file has the function that the line names.
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { expect, it } from "vitest";
import { ROOT, page } from "./pages.js";

const rows = [...page("docs/ARCHITECTURE.md").text.matchAll(/^\| \d\s+\| \[[^\]]+\]\(([^)]+)\)\s+\| `([#\w]+)`/gm)];

it("has a line of eight files there and one back", () => expect(rows.length).toBeGreaterThanOrEqual(16));

it.each(rows.map(([, file = "", name = ""]) => [name, normalize(join("docs", file))]))(
  "finds `%s` in %s",
  (name, file) => {
    expect(readFileSync(join(ROOT, file), "utf8")).toMatch(
      new RegExp(`^\\s+(?:override |protected |async )*${name}(?:<[^\\n]*)?\\(`, "m"),
    );
  },
);
