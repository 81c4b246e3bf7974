// @ts-nocheck
import { once } from "node:events";
import { probe, sleep, attempt, attemptAsync, err } from "./lib.js";
const next = (e, n) => new Promise((r) => e.once(n, (...a) => r(a)));
probe("emit in disconnecting", async (t) => { const { io, socket, client } = await t.pair(); const c2 = t.client(); await next(c2, "connect"); const log = []; c2.onAny((...a) => log.push(a)); io.sockets.sockets.get(c2.id).join("r"); socket.join("r"); socket.on("disconnecting", () => { log.push("disconnecting"); log.push(attempt(() => socket.to("r").emit("bye", [...socket.rooms].length)));  }); socket.on("disconnect", () => { socket.to("r").emit("bye2"); io.to("r").emit("bye3"); }); client.disconnect(); await sleep(100); return [log, [...io.sockets.adapter.rooms.keys()].length, c2.connected]; });
probe("transport classes", async (t) => { await t.io(); const c = t.client("/", { transports: [t.peer.client.NodeXHR, t.peer.client.NodeWebSocket] }); await next(c, "connect"); await sleep(60); return c.io.engine.transport.name; });
