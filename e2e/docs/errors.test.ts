// docs/errors.md and the sources name the same codes: none undocumented, none left behind.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CLIENT_DISCONNECT_REASONS, SERVER_DISCONNECT_REASONS } from "@everwire/protocol";
import { Server } from "@everwire/server/engine";
import { describe, expect, it } from "vitest";
import { ROOT, page } from "./pages.js";

const CODE = /\b(?:ERR|EVERWIRE)_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g;
/** Environment variables share the prefix. */
const NOT_CODES = new Set(["EVERWIRE_NO_INSTALL", "EVERWIRE_CHROMIUM", "EVERWIRE_FIREFOX"]);
/** Node's own codes, passed on as they are. */
const OF_NODE = /^ERR_(?:SERVER_NOT_RUNNING|INVALID_ARG|HTTP_|STREAM_|TLS_|UNHANDLED_ERROR|SOCKET_|BUFFER_OUT)/;

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")) yield path;
  }
}

describe("error codes", () => {
  const used = new Set<string>();
  for (const name of ["protocol", "server", "client", "react", "parser-msgpack"]) {
    for (const file of sources(join(ROOT, "packages", name, "src"))) {
      for (const [code] of readFileSync(file, "utf8").matchAll(CODE))
        if (!OF_NODE.test(code) && !NOT_CODES.has(code)) used.add(code);
    }
  }
  const rows = page("docs/errors.md")
    .text.split("\n")
    .filter((line) => line.startsWith("|"));
  const documented = new Set(
    rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(CODE)].map(([code]) => code)),
  );

  it("of the sources all stand in docs/errors.md", () => {
    expect(used.size).toBeGreaterThan(5);
    expect([...used].filter((code) => !documented.has(code)).sort()).toEqual([]);
  });

  it("of docs/errors.md all stand in the sources", () => {
    expect([...documented].filter((code) => !used.has(code)).sort()).toEqual([]);
  });
});

/** The part of the page between two lines that start so. */
function section(from: string, to: string): string {
  const [, rest = ""] = page("docs/errors.md").text.split(from);
  return rest.split(to)[0] ?? "";
}

/** Cells of the rows whose first one is a name, or a number. */
function rows(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => /^\| (?:`|\d)/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** All that `pattern` finds in the sources of the server, once each. */
function found(pattern: RegExp): string[] {
  const names = new Set<string>();
  for (const file of sources(join(ROOT, "packages", "server", "src")))
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(pattern)) names.add(name);
  return [...names].sort();
}

const namesOf = (table: string[][]): string[] => table.map(([name = ""]) => name.replaceAll("`", "")).sort();

describe("refused requests", () => {
  it("have the documented numbers and messages", () => {
    const documented = rows(section("## Refused requests", "Names of code 3:"));
    expect(documented.map(([code, message]) => [Number(code), message])).toEqual(
      Object.entries(Server.errorMessages).map(([code, message]) => [Number(code), message]),
    );
    expect(Object.values(Server.errors)).toEqual(documented.map(([code]) => Number(code)));
  });

  it("of code 3 have the documented names, all of them and no other", () => {
    const documented = namesOf(rows(section("Names of code 3:", "## Errors in the application's code")));
    expect(documented).toEqual(found(/badRequest\(\s*"([A-Z_]+)"/g));
  });
});

describe("errors of the application's code", () => {
  it("have the documented kinds, all of them and no other", () => {
    const documented = namesOf(rows(section("## Errors in the application's code", "## Disconnect reasons")));
    const types = ["error-boundary.ts", "engine/user-code.ts"].map((file) =>
      readFileSync(join(ROOT, "packages", "server", "src", file), "utf8"),
    );
    const declared = types.flatMap((text) => {
      const [, union = ""] = /export type (?:ListenerKind|EngineCodeKind) =([^;]*);/.exec(text) ?? [];
      return [...union.matchAll(/"([a-z-]+)"/g)].map(([, kind = ""]) => kind);
    });
    expect(documented).toEqual(declared.sort());
    expect(found(/kind: "([a-z-]+)"/g).filter((kind) => !declared.includes(kind))).toEqual([]);
  });
});

describe("disconnect reasons", () => {
  const [, text = ""] = page("docs/errors.md").text.split("## Disconnect reasons");
  const [ofServer = "", ofClient = ""] = text.split("On the client:");
  const yesNo = (value: boolean): string => (value ? "yes" : "no");

  it("of the server are the documented ones, with their numbers and what follows", () => {
    const table = Object.values(SERVER_DISCONNECT_REASONS);
    expect(rows(ofServer)).toEqual(
      table.map((row) => [
        `\`${row.name}\``,
        String(row.code),
        row.text,
        yesNo(row.recoverable),
        yesNo(row.reconnects),
      ]),
    );
  });

  it("of the client are the documented ones, with their numbers and what follows", () => {
    const table = Object.values(CLIENT_DISCONNECT_REASONS);
    expect(rows(ofClient)).toEqual(
      table.map((row) => [`\`${row.name}\``, String(row.code), row.text, yesNo(row.reconnects)]),
    );
  });
});
