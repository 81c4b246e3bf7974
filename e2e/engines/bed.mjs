// Bed: what one run of the features needs around an engine. The page's origin, which is a proxy that can cut the line and outlives the
// server behind it; a server of another origin; one with TLS. It collects what the page reports. One bed a run: nothing of a run is left
// for the next.
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Server } from "@everwire/server";
import { selfSigned, until } from "@everwire/testkit";
import { startFaultProxy } from "@everwire/testkit/faults";
import { FEATURES } from "./features.mjs";
import { listen } from "./listeners.mjs";
import { servePage } from "./pages.mjs";

/** Longer than the page gives one feature. */
const PROGRESS_TIMEOUT_MS = 30_000;
/** From the page's farewell until the server has nothing of it any more; a heartbeat would take 45 s. */
const LEAVE_TIMEOUT_MS = 5_000;
/** A megabyte of text takes more as a form. */
const MAX_MESSAGE_BYTES = 8_000_000;
const REPORT_LIMIT_BYTES = 100_000;

let visitors = 0;

/**
 * @param {{ bundle: string, transport: string, context: string }} run
 */
export async function startBed(run) {
  const bed = new Bed(run);
  await bed.start();
  return bed;
}

class Bed {
  /** What became of each feature, as the page or the bed says: `{ outcome: "ok" | "not possible here" | "failed", text }`. */
  results = new Map();
  #run;
  #visitor = `visitor-${process.pid}-${++visitors}`;
  #news = new EventEmitter();
  #done = new Set();
  #staying;
  #inner;
  #foreign;
  #secure;
  #proxy;
  #restarts = Promise.resolve();

  constructor(run) {
    this.#run = run;
  }

  /** Where the page with the features is, and where the page with those over TLS. */
  get url() {
    return `${this.#proxy.url}/page`;
  }

  get secureUrl() {
    return `${this.#secure.origin}/page`;
  }

  async start() {
    this.#inner = await this.#open(createServer());
    this.#proxy = await startFaultProxy(this.#inner.port);
    this.#secure = await this.#open(createSecureServer(selfSigned()), { scheme: "https" });
    this.#foreign = await this.#open(createServer(), { cors: { origin: this.#proxy.url, credentials: true } });
    this.#foreign.io.engine.on("initial_headers", (headers) => {
      headers["Set-Cookie"] = `visitor=${this.#visitor}; Path=/`;
    });
  }

  /** Waits until the page (`main` or `secure`) is through. What has not been reported then has failed. */
  async finish(page) {
    while (!this.#done.has(page)) {
      const hasNews = await this.#next("report", PROGRESS_TIMEOUT_MS);
      if (!hasNews) break;
    }
    const why = this.#done.has(page) ? "it was not reported" : `the page said nothing for ${PROGRESS_TIMEOUT_MS} ms`;
    for (const { name, page: itsPage } of FEATURES)
      if (itsPage === page && !this.results.has(name)) this.results.set(name, { outcome: "failed", text: why });
  }

  /** Lets the page be left, by `leave` or by itself, and watches the server forget it. */
  async watchLeaving(leave) {
    this.results.set(
      "leaving",
      await this.#leaving(leave).catch((error) => ({ outcome: "failed", text: error.message })),
    );
  }

  async #leaving(leave) {
    if (this.#staying === undefined && !(await this.#next("staying", PROGRESS_TIMEOUT_MS)))
      return { outcome: "failed", text: "the page did not stay" };
    const socket = this.#staying;
    const { engine } = this.#inner.io;
    const { context, transport } = this.#run;
    // What the features before have closed may be on its way still: a page that is left takes it along.
    await until(() => engine.clientsCount === 1, "the others end", { timeoutMs: LEAVE_TIMEOUT_MS });
    // A worker is ended without a word, and its requests are cut off: over polling that is a line that broke.
    const isMute = context !== "page" && transport === "polling";
    const [noticer, event] = isMute ? [socket.conn, "suspend"] : [socket, "disconnect"];
    const noticed = once(noticer, event, { signal: AbortSignal.timeout(LEAVE_TIMEOUT_MS) });
    noticed.catch(() => undefined);
    if (leave === undefined) socket.emit("leave");
    else await leave();
    await noticed.catch(() => Promise.reject(new Error(`the server has not noticed in ${LEAVE_TIMEOUT_MS} ms`)));
    if (isMute) return { outcome: "not possible here", text: "no farewell: waits for a return" };
    await until(() => engine.clientsCount === 0, "the session end", { timeoutMs: LEAVE_TIMEOUT_MS });
    return { outcome: "ok", text: "" };
  }

  /** Resolves to whether it came in time. */
  async #next(event, timeoutMs) {
    try {
      await once(this.#news, event, { signal: AbortSignal.timeout(timeoutMs) });
      return true;
    } catch {
      return false;
    }
  }

  /** @param {import("node:http").Server} http */
  async #open(http, { scheme = "http", cors } = {}) {
    const io = new Server(http, { allowJSONP: true, maxHttpBufferSize: MAX_MESSAGE_BYTES, ...(cors && { cors }) });
    listen(io, {
      breakLine: (outageMs) => this.#breakLine(outageMs),
      restart: () => this.#restart(),
      onStaying: (socket) => {
        this.#staying = socket;
        this.#news.emit("staying");
      },
    });
    const origin = () => `${scheme}://127.0.0.1:${http.address().port}`;
    http.on("request", (request, response) => {
      if (!request.url.startsWith("/socket.io/")) void this.#serve(scheme, request, response);
    });
    const connections = new Set();
    http.on("connection", (socket) => {
      connections.add(socket);
      socket.once("close", () => connections.delete(socket));
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const kill = async () => {
      for (const socket of connections) socket.resetAndDestroy();
      await io.close();
    };
    return { io, kill, origin: origin(), port: http.address().port };
  }

  /** Every connection breaks, and none can be made for so long. */
  #breakLine(outageMs) {
    this.#proxy.set({ refuse: outageMs > 0 });
    this.#proxy.cut();
    if (outageMs > 0) setTimeout(() => this.#proxy.set({ refuse: false }), outageMs);
  }

  /** The server dies without a word, and another takes its place. */
  #restart() {
    this.#restarts = this.#restarts.then(async () => {
      const { kill } = this.#inner;
      this.#inner = await this.#open(createServer());
      this.#proxy.aim(this.#inner.port);
      await kill();
    });
  }

  async #serve(scheme, request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://bed");
    if (pathname === "/report" || pathname === "/done") {
      // An engine without requests asks for an image.
      this.#take(pathname, searchParams.get("body") ?? (await readBody(request)));
      response.writeHead(request.method === "GET" ? 200 : 204, { "Content-Type": "image/gif" });
      response.end(request.method === "GET" ? PIXEL : undefined);
      return;
    }
    const page = servePage(pathname, this.#run, {
      page: scheme === "https" ? "secure" : "main",
      transport: this.#run.transport,
      origin: scheme === "https" ? this.#secure.origin : this.#proxy.url,
      foreign: this.#foreign.origin,
      visitor: this.#visitor,
    });
    if (page === undefined) response.writeHead(404).end();
    else response.writeHead(200, page.headers).end(page.body);
  }

  #take(path, body) {
    if (path === "/done") this.#done.add(body);
    else {
      const { feature, outcome, text } = JSON.parse(body);
      if (!FEATURES.some(({ name }) => name === feature))
        throw new Error(`failed to take a report: no feature ${feature}`);
      // A report that is repeated says the same.
      if (!this.results.has(feature)) this.results.set(feature, { outcome, text });
    }
    this.#news.emit("report");
  }

  async close() {
    await this.#restarts;
    await this.#proxy?.close();
    await Promise.all([this.#inner, this.#foreign, this.#secure].map((server) => server?.kill()));
  }
}

const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

async function readBody(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > REPORT_LIMIT_BYTES) throw new Error("failed to take a report: it is too long");
  }
  return body;
}
