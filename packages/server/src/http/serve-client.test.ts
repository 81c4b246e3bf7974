import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { httpRequest, startServer } from "@everwire/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { serveClient, type ServeClientOptions } from "./serve-client.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const WRONG = ["/everwire.ws.js", "/everwire.min.js.map.map", "/socket.io.esm.js", "/EVERWIRE.js", "/socket.io.js/"];
const SCRIPT = `/* ${"everwire ".repeat(500)} */`;

const BUILT = ["everwire", "everwire.ws.esm", "everwire.legacy", "everwire.msgpack", "everwire.engine"]
  .flatMap((name) => [`${name}.js`, `${name}.min.js`])
  .concat("everwire.esm.min.js");

async function serve(options: Partial<ServeClientOptions> = {}): Promise<{ url: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "everwire-client-"));
  for (const name of BUILT) {
    await writeFile(join(folder, name), SCRIPT + name);
    await writeFile(join(folder, `${name}.map`), `{"file":"${name}"}`);
  }
  const httpServer = createServer((_request, response) => response.writeHead(418).end("other"));
  serveClient(httpServer, { path: "/socket.io", directory: pathToFileURL(`${folder}/`), ...options });
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    httpServer.close();
    await rm(folder, { recursive: true });
  });
  return { url: `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/socket.io`, folder };
}

describe("client bundles", () => {
  it.each([
    ["socket.io.js", "everwire.js"],
    ["socket.io.min.js", "everwire.min.js"],
    ["socket.io.esm.min.js", "everwire.esm.min.js"],
    ["socket.io.msgpack.min.js", "everwire.msgpack.min.js"],
    ...BUILT.map((name) => [name, name]),
    ["socket.io.js?v=1&x=%2e", "everwire.js"],
  ])("are served as scripts: %s", async (name, file) => {
    const { url } = await serve();
    const { status, headers, text } = await httpRequest(`${url}/${name}`);
    expect([status, text]).toEqual([200, SCRIPT + file]);
    expect(headers).toMatchObject({
      "content-type": "application/javascript; charset=utf-8",
      "cache-control": "public, max-age=0",
      vary: "Accept-Encoding",
      "content-length": String(Buffer.byteLength(text)),
    });
    expect(headers.etag).toMatch(/^"\d+\.\d+\.\d+.*"$/);
  });

  it.each([
    ["socket.io.js.map", "everwire.js"],
    ["socket.io.min.js.map", "everwire.min.js"],
    ["socket.io.esm.min.js.map", "everwire.esm.min.js"],
    ["socket.io.msgpack.min.js.map", "everwire.msgpack.min.js"],
    ...BUILT.map((name) => [`${name}.map`, name]),
  ])("come with their source maps: %s", async (name, file) => {
    const { url } = await serve();
    const { headers, text } = await httpRequest(`${url}/${name}`);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(text).toBe(`{"file":"${file}"}`);
  });

  it("are not sent again to who has them", async () => {
    const { url } = await serve();
    const { etag } = (await httpRequest(`${url}/socket.io.js`)).headers;
    for (const tag of [etag!, `W/${etag!}`, `"x", ${etag!}`, "*"]) {
      const { status, text, headers } = await httpRequest(`${url}/socket.io.js`, { headers: { "if-none-match": tag } });
      expect([status, text, headers.etag]).toEqual([304, "", etag]);
    }
    const other = await httpRequest(`${url}/socket.io.js`, { headers: { "if-none-match": '"0"' } });
    expect(other.status).toBe(200);
  });

  it.each(["br", "gzip", "deflate"])(
    "are compressed by %s for who asks, from memory the second time",
    async (coding) => {
      const { url } = await serve();
      for (let i = 0; i < 2; i++) {
        const { headers, text, raw } = await httpRequest(`${url}/socket.io.js`, {
          headers: { "accept-encoding": coding },
        });
        expect(headers["content-encoding"]).toBe(coding);
        expect(raw.length).toBeLessThan(SCRIPT.length / 2);
        expect(text).toBe(`${SCRIPT}everwire.js`);
      }
    },
  );

  it("have headers without a body for HEAD", async () => {
    const { url } = await serve();
    const head = await httpRequest(`${url}/socket.io.js`, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(SCRIPT.length);
  });

  it("obey the cors option, preflights included", async () => {
    const { url } = await serve({ cors: { origin: "https://page.example" } });
    const headers = { origin: "https://page.example" };
    const answer = await httpRequest(`${url}/socket.io.js`, { headers });
    expect(answer.headers["access-control-allow-origin"]).toBe("https://page.example");
    expect(answer.headers.vary).toBe("Origin, Accept-Encoding");
    const preflight = await httpRequest(`${url}/socket.io.js`, {
      method: "OPTIONS",
      headers: { ...headers, "access-control-request-method": "GET" },
    });
    expect(preflight.status).toBe(204);
  });

  it.each(["/socket.io.css", "/", "", "x/socket.io.js", "/../socket.io.js", "/__proto__", "/constructor", ...WRONG])(
    "are nothing else: %j goes on to the others",
    async (rest) => {
      const { url } = await serve();
      expect((await httpRequest(url + rest)).status).toBe(418);
    },
  );

  it("that were not built are not found, and found once they are", async () => {
    const { url, folder } = await serve();
    const missing = await httpRequest(`${url}/everwire.esm.js`);
    expect([missing.status, missing.text, missing.headers.etag]).toEqual([
      404,
      "everwire.esm.js is not built\n",
      undefined,
    ]);
    await writeFile(join(folder, "everwire.esm.js"), "built");
    expect((await httpRequest(`${url}/everwire.esm.js`)).text).toBe("built");
  });

  it("are served by a server unless it is told not to, beside its engine", async () => {
    const { io, url, close } = await startServer({ path: "/rt" });
    cleanups.push(close);
    expect((await httpRequest(`${url}/rt/socket.io.js`, { method: "HEAD" })).headers).toHaveProperty("vary");
    expect((await httpRequest(`${url}/rt/socket.io.css`)).status).toBe(400);
    expect(io.engine.clientsCount).toBe(0);
    const other = await startServer({ serveClient: false });
    cleanups.push(other.close);
    expect((await httpRequest(`${other.url}/socket.io/socket.io.js`)).status).toBe(400);
  });
});
