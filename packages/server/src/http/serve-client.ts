// Serves the client's bundles under the server's path, so that a page needs nothing but a script tag. Called by the server
// for each HTTP server it attaches to; every other request goes on to the listeners that were there before.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, deflate, gzip } from "node:zlib";
import type { CorsSetting } from "../engine/options.js";
import type { UserCode } from "../engine/user-code.js";
import { noteResponse } from "./attach.js";
import { Cors } from "./cors.js";
import { preferredEncoding } from "./accept-encoding.js";

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;
type Encoding = (typeof ENCODINGS)[number];

/** A client that has taken nothing of a bundle for so long is cut off. */
const READ_TIMEOUT_MS = 30_000;
/** Where the build puts the bundles: beside `src` and `dist`. */
const BUNDLES = new URL("../../client-dist/", import.meta.url);
const VERSION = (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
const ETAG = `"${VERSION}"`;
const ENCODINGS = ["br", "gzip", "deflate"] as const;

/** Each readable and minified (docs/guide/bundles.md). */
const BUNDLE_NAMES = [
  "everwire",
  "everwire.esm",
  "everwire.ws.esm",
  "everwire.legacy",
  "everwire.msgpack",
  "everwire.engine",
  "everwire.shared",
];
const SCRIPTS = BUNDLE_NAMES.flatMap((name) => [`${name}.js`, `${name}.min.js`]);
/** The names that pages of Socket.IO ask for. */
const USUAL_NAMES: Readonly<Record<string, string>> = {
  "socket.io.js": "everwire.js",
  "socket.io.min.js": "everwire.min.js",
  "socket.io.esm.min.js": "everwire.esm.min.js",
  "socket.io.msgpack.min.js": "everwire.msgpack.min.js",
};

/** File by the name that is asked for. */
const FILES = new Map<string, string>();
for (const [name, file] of [...SCRIPTS.map((script) => [script, script] as const), ...Object.entries(USUAL_NAMES)]) {
  FILES.set(name, file);
  FILES.set(`${name}.map`, `${file}.map`);
}

const compressors: Readonly<Record<Encoding, (data: Buffer) => Promise<Buffer>>> = {
  br: (data) => promisify(brotliCompress)(data, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }),
  gzip: (data) => promisify(gzip)(data),
  deflate: (data) => promisify(deflate)(data),
};

export interface ServeClientOptions {
  /** Path of the server, without a slash at its end. */
  path: string;
  cors?: CorsSetting | undefined;
  /** Calls what users gave. */
  userCode?: UserCode;
  /** Folder of the bundles. */
  directory?: URL;
}

/** Puts itself before the request listeners of `httpServer`. */
export function serveClient(httpServer: HttpServer, options: ServeClientOptions): void {
  const bundles = new Bundles(options.directory ?? BUNDLES);
  const cors = new Cors(options.cors, options.userCode);
  const previous = httpServer.listeners("request") as RequestListener[];
  httpServer.removeAllListeners("request");
  httpServer.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const file = fileOf(request.url ?? "", options.path);
    if (file === undefined) {
      for (const listener of previous) listener.call(httpServer, request, response);
      return;
    }
    noteResponse(request, response);
    cors.apply(request, response, () => void bundles.serve(file, request, response));
  });
}

/** The bundle that a URL names. What stands behind a question mark is of no account. */
function fileOf(url: string, path: string): string | undefined {
  if (!url.startsWith(path) || url[path.length] !== "/") return undefined;
  const end = url.indexOf("?");
  return FILES.get(url.slice(path.length + 1, end === -1 ? undefined : end));
}

/** The files, read and compressed once each. */
class Bundles {
  readonly #directory: URL;
  readonly #bodies = new Map<string, Promise<Buffer>>();

  constructor(directory: URL) {
    this.#directory = directory;
  }

  async serve(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("Cache-Control", "public, max-age=0");
    response.setHeader("ETag", ETAG);
    response.setHeader("X-Content-Type-Options", "nosniff");
    addVary(response, "Accept-Encoding");
    if (matches(request.headers["if-none-match"])) {
      response.writeHead(304).end();
      return;
    }
    const encoding = preferredEncoding(request.headers["accept-encoding"], ENCODINGS);
    let body: Buffer;
    try {
      body = await this.#body(file, encoding);
    } catch {
      // A checkout whose bundles were not built. The reason is for its owner, who reads the page's network log.
      for (const name of ["Cache-Control", "ETag"]) response.removeHeader(name);
      response.writeHead(404, { "Content-Type": "text/plain" }).end(`${file} is not built\n`);
      return;
    }
    if (encoding !== undefined) response.setHeader("Content-Encoding", encoding);
    const type = file.endsWith(".map") ? "application/json" : "application/javascript";
    // HTTP servers wait for ever for a client that reads nothing.
    response.setTimeout(READ_TIMEOUT_MS, () => response.destroy());
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Content-Length": body.length });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  #body(file: string, encoding: Encoding | undefined): Promise<Buffer> {
    const key = `${file} ${encoding ?? ""}`;
    const known = this.#bodies.get(key);
    if (known !== undefined) return known;
    const body =
      encoding === undefined
        ? readFile(new URL(file, this.#directory))
        : this.#body(file, undefined).then((plain) => compressors[encoding](plain));
    this.#bodies.set(key, body);
    // A file that is missing may be there the next time.
    body.catch(() => this.#bodies.delete(key));
    return body;
  }
}

/** RFC 9110, section 13.1.2: a list, weak forms equal to strong ones, or `*`. */
function matches(ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((entry) => {
    const tag = entry.trim();
    return tag === "*" || tag === ETAG || tag === `W/${ETAG}`;
  });
}

// The `cors` setting may have written a Vary of its own.
function addVary(response: ServerResponse, name: string): void {
  const given = response.getHeader("Vary");
  response.setHeader("Vary", given === undefined ? name : `${String(given)}, ${name}`);
}
