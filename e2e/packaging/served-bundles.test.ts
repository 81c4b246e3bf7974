// The built server serves every bundle that was built, with its map, byte for byte, plain and compressed; and the usual names too.
import { readFileSync, readdirSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Server } from "@everwire/server";
import { afterAll, beforeAll, expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "..", "..", "packages", "client", "dist", "bundle");
const FILES = readdirSync(FOLDER).filter((name) => /^everwire\..*js(\.map)?$/.test(name));
const USUAL = [
  ["socket.io.js", "everwire.js"],
  ["socket.io.min.js", "everwire.min.js"],
  ["socket.io.esm.min.js", "everwire.esm.min.js"],
  ["socket.io.msgpack.min.js", "everwire.msgpack.min.js"],
].flatMap(([name, file]) => [
  [name!, file!],
  [`${name!}.map`, `${file!}.map`],
]);
const CODINGS = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync } as const;

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let server: Server;
let port: number;

beforeAll(() => {
  server = new Server(0);
  port = (server.httpServer?.address() as { port: number }).port;
});
afterAll(() => server.close());

const ask = (name: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: `/socket.io/${name}`, method, headers, agent: false };
    request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on("error", reject)
      .end();
  });

test("each bundle was built readable and minified, each with its map", () => {
  const names = FILES.filter((file) => file.endsWith(".min.js")).map((file) => file.slice(0, -".min.js".length));
  expect(names.length).toBeGreaterThanOrEqual(5);
  expect(FILES).toEqual(
    names.flatMap((name) => [`${name}.js`, `${name}.js.map`, `${name}.min.js`, `${name}.min.js.map`]).sort(),
  );
});

test.each([...FILES.map((file) => [file, file]), ...USUAL])("%s is %s", async (name, file) => {
  const bytes = readFileSync(join(FOLDER, file));
  const type = file.endsWith(".map") ? "application/json" : "application/javascript";
  const plain = await ask(name);
  expect(plain.status).toBe(200);
  expect(plain.headers).toMatchObject({
    "content-type": `${type}; charset=utf-8`,
    "content-length": String(bytes.length),
    "x-content-type-options": "nosniff",
  });
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(plain.body.equals(bytes)).toBe(true);

  for (const [coding, decode] of Object.entries(CODINGS)) {
    const { headers, body } = await ask(name, { "accept-encoding": coding });
    expect(headers).toMatchObject({ "content-encoding": coding, vary: "Accept-Encoding" });
    expect(body.length).toBeLessThan(bytes.length / 2);
    expect(decode(body).equals(bytes)).toBe(true);
  }

  const head = await ask(name, {}, "HEAD");
  expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, String(bytes.length), 0]);
  const again = await ask(name, { "if-none-match": plain.headers.etag! });
  expect([again.status, again.headers.etag, again.body.length]).toEqual([304, plain.headers.etag, 0]);
});
