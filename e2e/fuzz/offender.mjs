// Carries out one attack of the door fuzzer over bare TCP connections. It expects nothing of the answers but the id of a session; what
// they do to the server is judged by run.mjs.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const OPEN_MS = 1_000;
const READ_MS = 25;
/** Of a write in slices only this much is sliced: the head of a request, the first frames. */
const SLICED_BYTES = 400;

const SID = /sid\\?":\\?"([\w-]+)/;

/** Resolves when its steps are done; what it has opened stays open until `leave`. */
export class Offender {
  #port;
  #sockets = new Map();
  #all = new Set();
  #sids = { a: "none" };

  constructor(port) {
    this.#port = port;
  }

  async carryOut(steps) {
    for (const [kind, name, ...rest] of steps) await this[kind](name, ...rest);
  }

  leave() {
    for (const socket of this.#all) socket.destroy();
  }

  async session(name, transport, query) {
    const socket = await this.connect(`session ${name}`);
    const upgrade =
      transport === "polling"
        ? ""
        : "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n";
    socket.write(`GET /socket.io/?${query}&transport=${transport} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
    let text = "";
    const opened = new Promise((resolve) => {
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        if (SID.test(text)) resolve();
      });
      socket.once("close", resolve);
    });
    await Promise.race([opened, wait(OPEN_MS, undefined, { ref: false })]);
    this.#sids[name] = SID.exec(text)?.[1] ?? "none";
  }

  async connect(name) {
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    this.#sockets.set(name, socket);
    this.#all.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#all.delete(socket));
    socket.resume();
    await new Promise((resolve) => {
      socket.once("connect", resolve);
      socket.once("close", resolve);
    });
    return socket;
  }

  async write(name, text, slice) {
    const socket = this.#sockets.get(name);
    const bytes = Buffer.from(
      text.replaceAll(/\{(\w)\}/g, (all, key) => this.#sids[key] ?? all),
      "latin1",
    );
    let at = 0;
    for (; slice > 0 && at < Math.min(bytes.length, SLICED_BYTES) && socket.writable; at += slice) {
      socket.write(bytes.subarray(at, at + slice));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (socket.writable && at < bytes.length) socket.write(bytes.subarray(at));
  }

  /** Waits for anything to come back; not long. */
  async read(name) {
    const socket = this.#sockets.get(name);
    if (socket.destroyed) return;
    const { promise, resolve } = deferred();
    socket.once("data", resolve).once("close", resolve);
    await Promise.race([promise, wait(READ_MS, undefined, { ref: false })]);
    socket.off("data", resolve).off("close", resolve);
    socket.resume();
  }

  pause(name) {
    this.#sockets.get(name).pause();
  }

  reset(name) {
    this.#sockets.get(name).resetAndDestroy();
  }

  fin(name) {
    this.#sockets.get(name).end();
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((onResolve) => (resolve = onResolve));
  return { promise, resolve };
}
