// The bundle for old engines is ES5: by a parser that knows nothing newer, by the names of what it calls, and by shells without a page.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { parse, type Node } from "acorn";
import { describe, expect, test } from "vitest";

const FOLDER = new URL("../../packages/client/dist/bundle/", import.meta.url);

/** Methods that lists and texts have got since. */
const NEWER_METHODS = [
  ...["includes", "find", "findIndex", "findLast", "fill", "copyWithin", "flat", "flatMap", "at", "entries"],
  ...["startsWith", "endsWith", "repeat", "padStart", "padEnd", "codePointAt", "normalize", "matchAll", "replaceAll"],
  ...["trimStart", "trimEnd", "finally", "toSorted", "toReversed", "isWellFormed"],
];

/** Objects whose members may be only these. */
const OLD_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Object: ["create", "defineProperty", "getPrototypeOf", "keys", "prototype"],
  Number: [],
  Math: ["abs", "ceil", "floor", "max", "min", "pow", "random", "round"],
  Array: ["isArray", "prototype"],
  String: [],
  Date: ["now"],
  JSON: ["parse", "stringify"],
  // Asked for before it is called.
  Promise: ["resolve"],
  Symbol: [],
  Reflect: [],
};

/** Globals of ES5, and of pages as far as each is asked for before it is used or is there wherever it can be reached. */
const GLOBALS = [
  ...["Object", "Number", "Math", "Array", "String", "Date", "JSON", "Error", "TypeError", "Function", "Infinity"],
  ...["isFinite", "isNaN", "parseInt", "encodeURIComponent", "decodeURIComponent", "undefined", "NaN", "arguments"],
  ...["setTimeout", "navigator", "location", "document", "XMLHttpRequest", "WebSocket", "self", "define", "exports"],
  // Of the readable bundle alone, for who has set localStorage.debug.
  ...["RegExp", "Boolean", "console"],
  ...["module", "ArrayBuffer", "Uint8Array", "Blob", "FileReader", "Promise", "globalThis"],
];

type Found = Node & Record<string, unknown>;

/** Each node with the nodes around it. */
function walk(node: Found, visit: (node: Found, parent: Found | undefined) => void, parent?: Found): void {
  visit(node, parent);
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (typeof (child as Found | null)?.type === "string") walk(child as Found, visit, node);
}

const nameOf = (node: unknown): string => String((node as { name?: string } | undefined)?.name);

describe.each(["everwire.legacy.js", "everwire.legacy.min.js"])("%s", (name) => {
  const text = readFileSync(new URL(name, FOLDER), "utf8");
  const program = parse(text, { ecmaVersion: 5 }) as unknown as Found;

  test("calls nothing that ES5 does not have", () => {
    const newer: string[] = [];
    walk(program, (node) => {
      if (node.type !== "MemberExpression") return;
      const key = node.computed ? (node.property as { value?: unknown }).value : nameOf(node.property);
      // As short as that, a name is one that the minifier has given.
      if (NEWER_METHODS.includes(key as string) && !(key === "at" && name.includes(".min."))) newer.push(String(key));
      const allowed = OLD_MEMBERS[nameOf(node.object)];
      if (allowed && !node.computed && !allowed.includes(key as string))
        newer.push(`${nameOf(node.object)}.${String(key)}`);
    });
    expect(newer).toEqual([]);
  });

  test("knows no other globals", () => {
    const declared = new Set<string>();
    walk(program, (node) => {
      if (node.type === "VariableDeclarator") declared.add(nameOf(node.id));
      if (node.type === "CatchClause") declared.add(nameOf(node.param));
      if (!node.type.startsWith("Function")) return;
      declared.add(nameOf(node.id));
      for (const parameter of node.params as unknown[]) declared.add(nameOf(parameter));
    });
    const unknown = new Set<string>();
    walk(program, (node, parent) => {
      if (node.type !== "Identifier" || declared.has(nameOf(node))) return;
      const isKey =
        (parent?.type === "MemberExpression" && parent.property === node && !parent.computed) ||
        (parent?.type === "Property" && parent.key === node) ||
        /^(?:Labeled|Break|Continue)Statement$/.test(parent?.type ?? "");
      if (!isKey && !GLOBALS.includes(nameOf(node))) unknown.add(nameOf(node));
    });
    expect([...unknown]).toEqual([]);
  });

  test("loads in a shell that has ES5 and no page", () => {
    const kept = [
      "Object",
      "Function",
      "Array",
      "String",
      "Boolean",
      "Number",
      "Date",
      "RegExp",
      "Math",
      "JSON",
      "eval",
    ];
    const forget = `
      Object.getOwnPropertyNames(this).forEach(function (name) {
        if (${JSON.stringify(kept)}.indexOf(name) < 0 && !/Error$|^(is|parse|en|de)[A-Z]|^(undefined|NaN|Infinity)/.test(name)) delete this[name];
      }, this);
      delete Object.assign; delete Object.setPrototypeOf; delete Number.isFinite; delete Array.prototype.includes;`;
    const scope: Record<string, unknown> = {};
    runInNewContext(`${forget}${text}`, scope);
    const io = scope.io as Record<string, unknown>;
    expect([typeof io, typeof io.Manager, typeof io.Socket, io.protocol]).toEqual([
      "function",
      "function",
      "function",
      5,
    ]);
    expect(Object.keys(scope)).toEqual(["io"]);
  });
});
