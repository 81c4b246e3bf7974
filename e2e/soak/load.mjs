// The load of the soak test, in a process of its own: actors that connect, talk, join, leave, break and come back as fast as they can,
// each group of them through a fault proxy. Told over IPC when a round begins and ends. `node load.mjs <port> <actors>`.
import { setTimeout as wait } from "node:timers/promises";
import { io } from "@everwire/client";
import { startFaultProxy } from "@everwire/testkit/faults";

const [port, count] = process.argv.slice(2).map(Number);
const WAYS = [["websocket"], ["polling"], ["polling", "websocket"]];
const PROXIES = 8;
const ACK_TIMEOUT_MS = 8_000;
// A bug of the client is a failure of the soak, and no end of it.
process.on("uncaughtException", (error) => process.send({ crash: error.stack }));
const proxies = await Promise.all(Array.from({ length: PROXIES }, () => startFaultProxy(port)));
const tally = { sessions: 0, answers: 0, failed: 0, suspends: 0, resumes: 0, disconnects: 0, upgrades: 0 };
let isOn = false;

const chance = (probability) => Math.random() < probability;
const pick = (list) => list[Math.floor(Math.random() * list.length)];

function makePayload() {
  const size = chance(0.02) ? 40_000 : Math.floor(Math.random() * 200);
  return chance(0.3) ? Buffer.alloc(size, 1) : "x".repeat(size);
}

/** One thing that a user does; those with an answer wait for it. */
const DEEDS = {
  echo: (socket) => socket.timeout(ACK_TIMEOUT_MS).emitWithAck("echo", makePayload()),
  enter: (socket) => socket.timeout(ACK_TIMEOUT_MS).emitWithAck("enter", `room ${Math.floor(Math.random() * 40)}`),
  go: (socket) => socket.timeout(ACK_TIMEOUT_MS).emitWithAck("go", `room ${Math.floor(Math.random() * 40)}`),
  tell: async (socket) => socket.emit("tell", `room ${Math.floor(Math.random() * 40)}`, makePayload()),
  poll: (socket) => socket.timeout(ACK_TIMEOUT_MS).emitWithAck("poll", `room ${Math.floor(Math.random() * 40)}`),
  notes: async (socket) => {
    for (let i = 0; i < 20; i += 1) socket.emit("note", i);
  },
};

/** Sessions one after the other, as long as the round goes on. */
async function act(index) {
  while (isOn) {
    const socket = io(`${proxies[index % PROXIES].url}${chance(0.2) ? "/side" : ""}`, {
      transports: pick(WAYS),
      forceNew: true,
      resume: chance(0.9),
      reconnection: chance(0.8),
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
    });
    socket.on("ask", (done) => done(index));
    socket.on("disconnect", () => (tally.disconnects += 1));
    socket.io.on("suspend", () => (tally.suspends += 1));
    socket.io.on("resume", () => (tally.resumes += 1));
    socket.io.engine?.on("upgrade", () => (tally.upgrades += 1));
    tally.sessions += 1;
    const deeds = 1 + Math.floor(Math.random() * 60);
    for (let done = 0; isOn && done < deeds; done += 1) {
      await DEEDS[pick(Object.keys(DEEDS))](socket).then(
        () => (tally.answers += 1),
        () => (tally.failed += 1),
      );
      if (!socket.active) break;
    }
    // In good order, or at a moment at which nothing goes through: then the server waits for a session that nobody comes back for.
    socket.disconnect();
    await wait(0);
  }
}

/** Breaks a proxy every so often, each time in another way, and mends it. */
async function breakThings() {
  while (isOn) {
    const proxy = pick(proxies);
    const kind = pick(["cut", "fin", "freeze", "strand", "refuse", "swallow", "block"]);
    const forMs = 50 + Math.random() * 400;
    if (kind === "cut") proxy.cut();
    else if (kind === "fin") proxy.fin();
    else if (kind === "freeze") proxy.freeze();
    else if (kind === "strand") proxy.strand();
    else if (kind === "refuse") proxy.set({ refuse: true });
    else if (kind === "swallow") proxy.set({ answersTo: "POST", answerDelayMs: Infinity });
    else proxy.set({ block: "websocket" });
    await wait(forMs);
    if (kind === "freeze" && chance(0.5)) proxy.cut();
    proxy.set({ refuse: false, frozen: false, answersTo: "", answerDelayMs: 0, block: "" });
    proxy.refloat();
    await wait(Math.random() * 300);
  }
}

let round = [];
const commands = {
  begin() {
    isOn = true;
    round = [breakThings(), ...Array.from({ length: count }, (_, index) => act(index))];
    process.send({ begun: true });
  },
  async end() {
    isOn = false;
    await Promise.all(round);
    process.send({ ended: tally });
  },
};
process.on("message", ({ command }) => commands[command]());
process.on("disconnect", () => process.exit());
process.send({ ready: true });
