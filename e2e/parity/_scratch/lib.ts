// @ts-nocheck
import { test } from "vitest";
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { inspect } from "node:util";
import { once } from "node:events";
import * as es from "@everwire/server"; import * as ea from "@everwire/server/adapter"; import * as ec from "@everwire/client";
import * as ss from "socket.io"; import * as sa from "socket.io-adapter"; import * as sc from "socket.io-client";
import * as sp from "socket.io-parser"; import * as ep from "@everwire/protocol";
export const PEERS = { everwire: { name: "everwire", server: es, adapter: ea, client: ec, parser: ep }, stock: { name: "stock", server: ss, adapter: sa, client: sc, parser: sp } };
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export function rig(peer) {
  const cleanups = [];
  const t = {
    peer, ...peer, cleanups,
    async io(options = {}, handler) {
      const http = createServer(handler);
      const io = new peer.server.Server(http, options);
      await new Promise((r) => http.listen(0, "127.0.0.1", r));
      t.http = http; t.ioServer = io; t.port = http.address().port; t.url = "http://127.0.0.1:" + t.port;
      cleanups.push(() => Promise.race([io.close(), sleep(500)]));
      return io;
    },
    client(ns = "/", options = {}) {
      const s = peer.client.io(t.url + ns, { forceNew: true, reconnection: false, transports: ["websocket"], ...options });
      cleanups.unshift(() => { s.disconnect(); s.io.engine?.close?.() });
      return s;
    },
    async pair(serverOptions, clientOptions, ns = "/") {
      const io = t.ioServer ?? await t.io(serverOptions);
      const nsp = ns === "/" ? io : io.of(ns);
      const c = t.client(ns, clientOptions);
      const connected = new Promise((r) => c.on("connect", r));
      const [socket] = await once(nsp, "connection");
      await connected;
      return { io, nsp, client: c, socket };
    },
    async end() { for (const c of cleanups) try { await c() } catch {} },
  };
  return t;
}
export const err = (e) => e == null ? e : ({ isError: e instanceof Error, message: e.message, ...(e.data !== undefined ? { data: e.data } : {}), ...(e.type ? { type: e.type } : {}), ...(e.description !== undefined ? { description: typeof e.description === "object" ? e.description?.constructor?.name : e.description } : {}), ...("context" in e ? { context: typeof e.context } : {}), ...("responses" in e ? { responses: e.responses } : {}) });
export const attempt = (f) => { try { return { ok: f() } } catch (e) { return { thrown: err(e) } } };
export const attemptAsync = async (f) => { try { return { ok: await f() } } catch (e) { return { rejected: err(e) } } };
const only = process.env.ONLY;
export function probe(name, fn) {
  if (only && !name.includes(only)) return;
  test(name, async () => {
    const out = {};
    for (const key of ["stock", "everwire"]) {
      const t = rig(PEERS[key]);
      try { out[key] = inspect(await Promise.race([fn(t), sleep(4000).then(() => "PROBE TIMEOUT")]), { depth: 8, sorted: true, breakLength: 100 }); }
      catch (e) { out[key] = "PROBE THREW " + (e?.message ?? e); }
      finally { await t.end(); }
    }
    if (out.stock !== out.everwire && out.stock.length + out.everwire.length > 1500 && !process.env.FULL) {
      const fs = await import("node:fs"); fs.writeFileSync("/tmp/parity/x1", out.stock + "\n"); fs.writeFileSync("/tmp/parity/x2", out.everwire + "\n");
      const { spawnSync } = await import("node:child_process");
      appendFileSync(process.env.OUT ?? "/tmp/parity/probe.txt", `\n=== ${name}  (stock -, everwire +)\n${spawnSync("diff", ["-U1", "/tmp/parity/x1", "/tmp/parity/x2"]).stdout}\n`);
    } else if (out.stock !== out.everwire || process.env.SHOW || out.stock.includes("PROBE")) {
      appendFileSync(process.env.OUT ?? "/tmp/parity/probe.txt", `\n=== ${name}\n${out.stock === out.everwire ? "SAME " + out.stock : "--- stock\n" + out.stock + "\n--- everwire\n" + out.everwire}\n`);
    } else 0;
  });
}
