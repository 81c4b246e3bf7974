// What a case finds: the fleet, and a client on each of its processes: the first on WebSocket, the second on polling, the third upgrades.
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from "@everwire/client";
import { once, until, waitFor, within } from "@everwire/testkit";
import type { AnyEmitter } from "../cases/emitters.js";
import type { Broker } from "./broker.js";
import { type Fleet, FLEET_SIZE, type Worker } from "./fleet.js";

/** How long anything may take that goes through a broker. The machine may be busy. */
export const PATIENCE = { timeoutMs: 15_000 };

const TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]] as const;
const PROBE = "probe:";
// Empty behind what is not kept.
const REDIS_OFFSET = /^(?:\d+-\d+)?$/;

type Options = Partial<ManagerOptions & SocketOptions>;

interface StageParts {
  readonly fleet: Fleet;
  /** None for node:cluster. */
  readonly broker: Broker | undefined;
  /** The published emitter, where the adapter has one. */
  readonly emitter: AnyEmitter | undefined;
  /** Whether broadcasts reach clients, those of the same process too, only once the broker has taken them. */
  readonly waitsForBroker: boolean;
}

export class Stage implements StageParts {
  readonly fleet: Fleet;
  readonly broker: Broker | undefined;
  readonly emitter: AnyEmitter | undefined;
  readonly waitsForBroker: boolean;
  readonly #cleanups: (() => unknown)[] = [];
  #clients: Socket[] = [];
  #probes = 0;

  constructor({ fleet, broker, emitter, waitsForBroker }: StageParts) {
    this.fleet = fleet;
    this.broker = broker;
    this.emitter = emitter;
    this.waitsForBroker = waitsForBroker;
  }

  /** The process with that index. */
  worker(index: number): Worker {
    return this.fleet.at(index);
  }

  /** The client of the process with that index. */
  client(index: number): Socket {
    const client = this.#clients[index];
    if (client === undefined) throw new Error(`failed to find client ${index}: it was not connected`);
    return client;
  }

  get clients(): readonly Socket[] {
    return this.#clients;
  }

  get ids(): string[] {
    return this.#clients.map(({ id }) => id ?? "");
  }

  /** Runs when the case is over, whatever its end. */
  onEnd(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async open(): Promise<void> {
    this.#clients = await Promise.all(Array.from({ length: FLEET_SIZE }, (_, index) => this.connect(index)));
  }

  /** One more client of a process. */
  async connect(index: number, namespace = "/", options: Options = {}): Promise<Socket> {
    const transports = [...(TRANSPORTS[index % TRANSPORTS.length] ?? [])];
    const client = this.prepare(`${this.worker(index).url}${namespace}`, { transports, ...options });
    await once(client, "connect", PATIENCE);
    return client;
  }

  /** The same, not connected yet. */
  prepare(url: string, options: Options): Socket {
    const client = connect(url, {
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      // A process that is gone is told at once, and not after a wait for its return.
      resume: false,
      ...options,
    });
    this.onEnd(() => client.disconnect());
    return client;
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    this.#clients = [];
    const here = this.fleet.workers.filter(({ isGone }) => !isGone);
    const emptied = here.map((worker) =>
      worker.run(async (io) => {
        while (io.sockets.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }),
    );
    await Promise.all(emptied);
  }

  /** What `client` hears from now on, but for probes, and for the offsets that recovery adds. */
  listen(client: Socket): unknown[][] {
    const events: unknown[][] = [];
    client.onAny((event: string, ...args: unknown[]) => {
      if (event.startsWith(PROBE)) return;
      const last = args.at(-1);
      if (typeof last === "string" && REDIS_OFFSET.test(last)) args.pop();
      events.push([event, ...args]);
    });
    return events;
  }

  /**
   * Resolves when what process `from` sends to `rooms` (everyone, if there is none) reaches all of `clients`. An adapter that
   * subscribes for each room, or whose broker was away, needs a moment, and no event tells when it has passed.
   */
  async untilReaches(from: number, rooms: string[], clients: readonly Socket[]): Promise<void> {
    const probe = `${PROBE}${this.#probes++}`;
    let isOver = false;
    const heard = Promise.all(clients.map((client) => once(client, probe, PATIENCE))).finally(() => (isOver = true));
    const send = async (): Promise<void> => {
      while (!isOver) {
        await this.worker(from).run((io, to, event) => void io.to(to).emit(event), rooms, probe);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await Promise.all([heard, send()]);
  }

  /** Puts clients, wherever they are, into a room, and waits until messages to the room reach them from every process. */
  async join(room: string, clients: readonly Socket[]): Promise<void> {
    const ids = clients.map(({ id }) => id ?? "");
    await this.worker(0).run((io, to, name) => io.in(to).socketsJoin(name), ids, room);
    const here = this.fleet.workers.flatMap(({ isGone }, index) => (isGone ? [] : [index]));
    await Promise.all(here.map((index) => this.untilReaches(index, [room], clients)));
  }

  /** Resolves with the next `event` whose first argument is `value`. */
  next(client: Socket, event: string, value: unknown): Promise<unknown[]> {
    return waitFor(client, event, (first: unknown) => first === value, PATIENCE);
  }

  /** Everyone has heard everything that any process has sent so far: for those who look at what did not come. */
  async settle(): Promise<void> {
    const here = this.fleet.workers.flatMap(({ isGone }, index) => (isGone ? [] : [index]));
    const clients = this.#clients.filter(({ connected }) => connected);
    for (const index of here) {
      const mark = `${PROBE}settle-${this.#probes++}`;
      const heard = clients.map((client) => once(client, mark, PATIENCE));
      await this.worker(index).run((io, event) => void io.emit(event), mark);
      await Promise.all(heard);
    }
  }

  until(condition: () => boolean, what: string): Promise<void> {
    return until(condition, what, PATIENCE);
  }

  within<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, what, PATIENCE);
  }
}

/** One behaviour, shown on every adapter. */
export interface Case {
  title: string;
  run(stage: Stage): Promise<void>;
  /** Milliseconds, for what has to run out. */
  timeoutMs?: number;
  /** Makes sense only where messages of one process are not overtaken by later ones. */
  needsOrder?: true;
  /** The stock server can't do it. */
  isOurs?: true;
}
