// Which subjects a setting asks for, and what a program on Node prints: seen from outside, with the built package before the program.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startServer } from "@everwire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAskedFor } from "./trace-setting.js";

describe("a setting asks for", () => {
  test.each([
    ["everwire:*", "everwire:send", true],
    ["*", "everwire:send", true],
    ["app, everwire:send everwire:receive", "everwire:receive", true],
    ["everwire:send", "everwire:sender", false],
    ["everwire", "everwire:send", false],
    ["everwire:*,-everwire:wire", "everwire:wire", false],
    ["everwire:*,-everwire:wire", "everwire:send", true],
    ["-everwire:wire", "everwire:send", false],
    ["everwire.send", "everwire:send", false],
    ["everwire:(*", "everwire:send", false],
    ["", "everwire:send", false],
  ])("%j: %s, %s", (setting, name, isAsked) => {
    expect(isAskedFor(setting, name)).toBe(isAsked);
  });
});

describe("a program on Node", () => {
  const DIST = join(import.meta.dirname, "..", "dist");
  const address = (file: string): string => pathToFileURL(join(DIST, file)).href;
  let server: Awaited<ReturnType<typeof startServer>>;

  beforeAll(async () => {
    if (!existsSync(join(DIST, "debug.js")))
      throw new Error(`failed to test the package: ${DIST} is not built, run \`npm run build\` first`);
    server = await startServer();
    server.io.on("connection", (socket) => {
      socket.on("say", (text: string, _bytes: Uint8Array, answer: (text: string) => void) => answer(text));
    });
  });
  afterAll(() => server.close());

  /** Runs a program that knows nothing of a trace, and gives what it wrote to standard output and to standard error. */
  async function run(setting: string | undefined): Promise<[string, string[]]> {
    const program = `
      import { io } from ${JSON.stringify(address("index.js"))};
      const socket = io(${JSON.stringify(server.url)}, { transports: ["websocket"] });
      await socket.emitWithAck("say", "hello", Uint8Array.of(1, 2, 3));
      socket.disconnect();
      console.log("done");
    `;
    const env = { ...process.env, DEBUG: setting };
    const args = ["--import", address("debug.js"), "--input-type=module", "--eval", program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    return [stdout, stderr.split("\n").filter(Boolean)];
  }

  test("traces to standard error what DEBUG names, without a change to it", async () => {
    const [output, lines] = await run("everwire:*");
    expect(output).toBe("done\n");
    const wanted = [
      `everwire:manager opening ${server.url}`,
      /^everwire:transport open websocket$/,
      /^everwire:wire < websocket 0\{"sid":/,
      /^everwire:session open \S+$/,
      "everwire:socket connecting /",
      "everwire:send CONNECT /",
      "everwire:wire > websocket 40",
      /^everwire:receive CONNECT \/ \{ sid: '/,
      "everwire:socket connected /",
      /^everwire:send EVENT \/ #0 \[ 'say', 'hello', Uint8Array\(3\) \[ 1, 2, 3 \] \]$/,
      'everwire:wire > websocket 451-0["say","hello",{"_placeholder":true,"num":0}]',
      "everwire:wire > websocket <3 bytes>",
      'everwire:wire < websocket 430["hello"]',
      "everwire:receive ACK / #0 [ 'hello' ]",
      "everwire:socket disconnected /",
      /^everwire:session closed/,
    ];
    let from = 0;
    for (const line of wanted) {
      const at = lines.findIndex(
        (text, index) => index >= from && (typeof line === "string" ? text === line : line.test(text)),
      );
      expect(at, `${String(line)} after line ${from} of\n${lines.join("\n")}`).toBeGreaterThanOrEqual(from);
      from = at;
    }
    expect(lines.filter((line) => !line.startsWith("everwire:"))).toEqual([]);
  });

  test("traces those subjects alone that are named", async () => {
    const [, lines] = await run("everwire:socket");
    expect(lines).toEqual(["connecting", "connected", "disconnected"].map((state) => `everwire:socket ${state} /`));
  });

  test("traces nothing when nothing is named", async () => {
    for (const setting of [undefined, "app:*"]) expect(await run(setting)).toEqual(["done\n", []]);
  });
});
