// What the packages are to CommonJS, in a process of its own, as `node app.cjs` runs it. Needs a build.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** Runs a CommonJS program here, beside the packages; gives what it printed as JSON. */
async function run(code: string): Promise<unknown> {
  const env = { ...process.env };
  delete env["NODE_OPTIONS"];
  const options = { cwd: import.meta.dirname, env, timeout: 15_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=commonjs", "--eval", code], options);
  return JSON.parse(stdout) as unknown;
}

describe("require()", () => {
  it("gives a server that is made by a call, and a client that is io", async () => {
    const answer = await run(`
      const httpServer = require("node:http").createServer();
      const io = require("@everwire/server")(httpServer, { path: "/live" });
      io.on("connection", (socket) => socket.on("echo", (value, ack) => ack(value)));
      httpServer.listen(0, "127.0.0.1", async () => {
        const socket = require("@everwire/client")("http://127.0.0.1:" + httpServer.address().port, { path: "/live" });
        const answer = await socket.timeout(5000).emitWithAck("echo", "hello");
        socket.disconnect();
        await io.close();
        console.log(JSON.stringify([answer, io instanceof require("@everwire/server").Server]));
      });
    `);
    expect(answer).toEqual(["hello", true]);
  });

  it.each(["@everwire/server", "@everwire/client"])(
    "of %s has every name that import has, of the same class",
    async (name) => {
      const answer = await run(`
      const required = require("${name}");
      import("${name}").then((imported) => {
        const names = Object.keys(imported);
        console.log(JSON.stringify([
          typeof required,
          names.length > 5 && names.every((name) => required[name] === imported[name]),
          "module.exports" in imported,
          require("${name}") === required,
        ]));
      });
    `);
      expect(answer).toEqual(["function", true, false, true]);
    },
  );

  it("of the server lets its parts be taken apart, and its arguments be as those of the class", async () => {
    const answer = await run(`
      const everwire = require("@everwire/server");
      const { Server, Namespace, Socket } = everwire;
      const later = everwire({ path: "/later" });
      console.log(JSON.stringify([
        [Server, Namespace, Socket].map((each) => typeof each), later.path(), later.of("/") instanceof Namespace,
      ]));
    `);
    expect(answer).toEqual([["function", "function", "function"], "/later", true]);
  });

  it("of the client has the usual properties", async () => {
    const answer = await run(`
      const io = require("@everwire/client");
      console.log(JSON.stringify([io.io === io, io.connect === io, io.default === io, typeof io.Manager, typeof io.Socket, io.protocol]));
    `);
    expect(answer).toEqual([true, true, true, "function", "function", 5]);
  });

  it.each(["@everwire/server/engine", "@everwire/server/adapter", "@everwire/client/engine", "@everwire/protocol"])(
    "of %s gives its names",
    async (name) => {
      expect(await run(`console.log(JSON.stringify(Object.keys(require("${name}")).length > 3))`)).toBe(true);
    },
  );

  it("of the msgpack parser gives a parser", async () => {
    const answer = await run(`
      const { Encoder, Decoder } = require("@everwire/parser-msgpack");
      const decoder = new Decoder();
      decoder.on("decoded", (packet) => console.log(JSON.stringify(packet)));
      decoder.add(new Encoder().encode({ type: 2, nsp: "/", data: ["e"] })[0]);
    `);
    expect(answer).toEqual({ type: 2, nsp: "/", data: ["e"] });
  });
});

describe("@everwire/client/debug", () => {
  const lines = (setting: string) => `
    const lines = [];
    console.error = (...line) => lines.push(line[0]);
    process.env.DEBUG = "${setting}";
    import("@everwire/client/debug").then(async (debug) => {
      const { default: io, Manager } = await import("@everwire/client");
      const manager = new debug.Manager("http://127.0.0.1:1", { reconnection: false });
      manager.on("error", () => console.log(JSON.stringify([debug.default === io, debug.Manager === Manager, lines])));
    });
  `;

  it("is the client, and prints what is asked for", async () => {
    const said = ["everwire:manager opening http://127.0.0.1:1", "everwire:manager closed http://127.0.0.1:1"];
    expect(await run(lines("app,everwire:manager"))).toEqual([true, true, said]);
  });

  it("prints nothing that is not asked for", async () => {
    for (const setting of ["", "app:*", "everwire:*,-everwire:*"])
      expect(await run(lines(setting))).toEqual([true, true, []]);
  });
});
