// A lane of the chaos suite: a server process and a clients process that carry out one schedule after the other, over a network that is
// made for each. Used by run.mjs, where the network is fault proxies, and netns.mjs, where it is the kernel's.
import { setTimeout as wait } from "node:timers/promises";
import { Child } from "./child.mjs";
import { judge } from "./oracle.mjs";

/** After the last fault everything has to come to rest within this time. */
const SETTLE_MS = 60_000;
const LOOK_EACH_MS = 30;

export class Lane {
  #server;
  #clients;
  #isStock;

  /** `prefixes`: what runs the processes. */
  constructor(peer, prefixes = {}) {
    this.#isStock = peer === "socket.io";
    this.#server = new Child("server.mjs", [peer], prefixes.server);
    this.#clients = new Child("clients.mjs", [peer], prefixes.clients);
  }

  get ready() {
    return Promise.all([this.#server.ready, this.#clients.ready]);
  }

  /** The verdict of the oracle, and what there is to count. */
  async run(schedule, network) {
    const processes = { server: this.#server, clients: this.#clients };
    const port = await this.#server.ask({ command: "open", ...schedule.server }, "open");
    await network.open(
      port,
      schedule.clients.map(({ name }) => name),
    );
    const plans = schedule.clients.map((plan) => ({ ...plan, url: network.urlFor(plan.name) }));
    await this.#clients.ask({ command: "open", plans }, "opened");
    const faults = schedule.faults.map((fault) => network.carryOut(fault, processes));
    await Promise.all([...faults, wait(schedule.activeMs)]);

    const unrest = (await this.#rest()) ?? (await this.#sayLast());
    const histories = await this.#clients.ask({ command: "histories" }, "histories");
    const report = await this.#server.ask({ command: "report" }, "report");
    const verdict = judge(histories, report, { mayCarry: this.#isStock });
    if (unrest !== undefined) verdict.violations.push(...unrest);
    const events = histories.flatMap((history) => history.events);
    const result = {
      ...verdict,
      messages: events.filter(([kind]) => kind === "ack" || kind === "heard").length,
      disconnects: events.filter(([kind]) => kind === "disconnect").map(([, reason]) => reason),
      suspends: events.filter(([kind]) => kind === "suspend").length,
      replayed: report.counters?.replayed ?? 0,
      slowestAckMs: Math.max(...histories.map(({ status }) => status.slowestAckMs)),
      journals: { histories, report },
    };
    await this.#clients.ask({ command: "close" }, "closed");
    await network.close();
    await this.#server.ask({ command: "close" }, "closed");
    return result;
  }

  async end() {
    await Promise.all([this.#server.end(), this.#clients.end()]);
  }

  /** Whoever believes in a connection that is none is found out by another message of each. */
  async #sayLast() {
    await this.#clients.ask({ command: "sayLast" }, "saidLast");
    return this.#rest();
  }

  /** Nothing if all came to rest, else what did not. */
  async #rest() {
    const deadline = performance.now() + SETTLE_MS;
    for (;;) {
      const clients = await this.#clients.ask({ command: "status" }, "status");
      const server = await this.#server.ask({ command: "status" }, "status");
      const unrest = clients.flatMap((client) => whatMoves(client, server));
      if (unrest.length === 0) return undefined;
      if (performance.now() > deadline) return unrest;
      await wait(LOOK_EACH_MS);
    }
  }
}

function whatMoves({ name, rooms, id, heard, unsettled, session }, { openAsks, live, said }) {
  const moves = [];
  if (unsettled > 0) moves.push(`${unsettled} unsettled`);
  if (!live.includes(id)) moves.push("not on the server");
  if (openAsks[id] > 0) moves.push(`${openAsks[id]} questions open`);
  for (const room of rooms)
    if (heard[room] !== (said[room] ?? 0)) moves.push(`heard ${heard[room]} of ${said[room] ?? 0} in ${room}`);
  return moves.map((what) => `not at rest: ${name}, ${session}: ${what}`);
}
