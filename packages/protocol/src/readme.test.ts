import { readFileSync } from "node:fs";
import assert from "node:assert";
import { describe, expect, it } from "vitest";
import * as protocol from "@everwire/protocol";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code = ""]) => code);
const MODULES: Record<string, object> = { "@everwire/protocol": protocol, "node:assert": assert };

// Runs an example against the sources: its imports become what they would have loaded.
async function run(code: string): Promise<void> {
  const body = code.replace(/^import \{(.*)\} from "(.*)";$/gm, (_, names: string, module: string) => {
    return `const {${names.replaceAll(" as ", ": ")}} = modules[${JSON.stringify(module)}];`;
  });
  const AsyncFunction = run.constructor as new (...args: string[]) => (modules: object) => Promise<void>;
  await new AsyncFunction("modules", body)(MODULES);
}

describe("README", () => {
  it.each(examples)("example runs: %s", async (code) => {
    await run(code);
  });

  it("has examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(3);
  });
});
