// The titles of the tests in a file, read from its source. Used by the checks that hold documents to tests that exist and run.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "./npm-packages.mjs";

/** On one line, `\|` as the `|` that a table can't hold otherwise. */
export const plain = (text) => text.replace(/\\\|/g, "|").replace(/\s+/g, " ").trim();

const titles = new Map();

/** The titles of a file's tests and groups, each behind the name of its function, and of rows (title, function, …); of those only that run. */
export function titlesOf(file) {
  const known = titles.get(file);
  if (known !== undefined) return known;
  const found = [];
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest);
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.arguments.length > 0) {
      const name = node.expression.getText(source);
      if (/^(describe\w*|compare\w*|it|test)(?!\w)/.test(name)) {
        if (/\.(skip|todo)\b/.test(name)) return;
        found.push(
          plain(`${name}(${node.arguments[0].getText(source)}`.replaceAll(/\\?`/g, "").replaceAll('\\"', '"')),
        );
      }
    }
    if (ts.isArrayLiteralExpression(node) && node.elements.length > 2 && ts.isArrowFunction(node.elements[1])) {
      found.push(plain(node.elements[0].getText(source).replaceAll("`", "").replaceAll('\\"', '"')));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  titles.set(file, found);
  return found;
}
