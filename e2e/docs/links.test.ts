// Every link of every page leads somewhere: to a file of the repository, and to a heading of it.
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, anchors, links, page, pages } from "./pages.js";

describe("documentation links", () => {
  it.each(pages().map(({ path }) => path))("of %s lead somewhere", (path) => {
    const broken: string[] = [];
    for (const link of links(page(path))) {
      if (/^[a-z]+:/.test(link)) continue;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(ROOT, target))) broken.push(link);
      else if (
        anchor !== undefined &&
        statSync(join(ROOT, target)).isFile() &&
        target.endsWith(".md") &&
        !anchors(page(target)).has(anchor)
      )
        broken.push(link);
    }
    expect(broken).toEqual([]);
  });
});

describe("the README", () => {
  it("leads to every page of the guide", () => {
    const linked = new Set(links(page("README.md")));
    const guide = pages().filter(({ path }) => path.startsWith("docs/guide/"));
    expect(guide.map(({ path }) => path).filter((path) => !linked.has(path))).toEqual([]);
    expect(guide.length).toBeGreaterThanOrEqual(7);
  });
});
