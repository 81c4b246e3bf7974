// Every TypeScript block of the documentation compiles against the packages as users see them, under the strict options of this repository.
// A page's first line, `<!-- context: server client -->`, names what its blocks may use without declaring it.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ROOT, codeBlocks, pages } from "./pages.js";

const FOLDER = join(ROOT, "e2e", ".cache", "guide");

const CONTEXT: Record<string, string> = {
  server: `import type * as everwireServer from "@everwire/server";
import type { IncomingMessage, ServerResponse } from "node:http";
declare const io: everwireServer.Server;
declare const Server: typeof everwireServer.Server;
`,
  client: `import type * as everwireClient from "@everwire/client";
declare const clientSocket: everwireClient.Socket;
declare const connect: typeof everwireClient.io;
`,
};

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/** A block's own declaration of a name wins over the page's context. */
function withContext(code: string, names: string[]): string {
  const lines = names.flatMap((name) => (CONTEXT[name] ?? "").split("\n"));
  const kept = lines.filter((line) => {
    const declared = /^declare const (\w+)/.exec(line)?.[1];
    return declared === undefined || !new RegExp(`import \\{[^}]*\\b${declared}\\b|const ${declared}\\b`).test(code);
  });
  return `${kept.join("\n")}\nexport {};\n${code}`;
}

it("compiles", { timeout: 120_000 }, () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  let count = 0;
  for (const page of pages()) {
    const context = /^<!-- context: (.*) -->/.exec(page.text)?.[1]?.split(" ") ?? [];
    for (const block of codeBlocks(page)) {
      if (block.language !== "ts") continue;
      count += 1;
      writeFileSync(
        join(FOLDER, `${page.path.replace(/[^a-z]+/gi, "-")}-${block.line}.ts`),
        withContext(block.code, context),
      );
    }
  }
  expect(count).toBeGreaterThan(20);
  const config = {
    extends: "../../../tsconfig.base.json",
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      customConditions: [],
      lib: ["ES2022", "DOM"],
      types: ["node"],
      noUnusedLocals: false,
      noUnusedParameters: false,
      experimentalDecorators: true,
    },
    include: ["*.ts"],
  };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = spawnSync("npx", ["--no-install", "tsc", "-p", FOLDER, "--pretty", "false"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
});
