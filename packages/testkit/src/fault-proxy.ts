// startFaultProxy(): a TCP proxy in front of a server that does what networks do: delay, jitter, thin pipes, odd slices,
// resets, half-open silence, refusal, and what HTTP proxies do: answers that are late or lost, WebSocket or polling forbidden. Its toxics can be changed while connections are open.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { FaultLane, isBlocked } from "./fault-lane.js";
import { HttpWatch } from "./http-watch.js";
import { HARMLESS, type Toxics } from "./toxics.js";

/** For bytes that were written right before a reset; a side that reads nothing is not waited for. */
const MAX_RESET_WAIT_MS = 20;

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly watch: HttpWatch;
  readonly lanes: readonly [FaultLane, FaultLane];
}

export class FaultProxy {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #toxics: Toxics;
  #targetPort: number;

  constructor(server: Server, targetPort: number, toxics: Partial<Toxics>) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.#toxics = { ...HARMLESS, ...toxics };
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${String(this.port)}`;
    server.on("connection", (client: Socket) => {
      this.#accept(client);
    });
  }

  /** Open connections. */
  get connections(): number {
    return this.#pairs.size;
  }

  get toxics(): Readonly<Toxics> {
    return this.#toxics;
  }

  /** Changes some toxics; they hold for open connections too. */
  set(toxics: Partial<Toxics>): void {
    Object.assign(this.#toxics, toxics);
    for (const pair of [...this.#pairs]) {
      if (isBlocked(this.#toxics, pair.watch)) this.#block(pair);
      for (const lane of pair.lanes) lane.poke();
      this.#settle(pair);
    }
  }

  /** Bytes that each open connection has carried to the server and back, and whether it has become a WebSocket. */
  get traffic(): { up: number; down: number; isWebSocket: boolean }[] {
    return [...this.#pairs].map(({ lanes: [up, down], watch }) => ({
      up: up.passedBytes,
      down: down.passedBytes,
      isWebSocket: watch.carried === "websocket",
    }));
  }

  /** New connections go to another port of this machine. */
  aim(targetPort: number): void {
    this.#targetPort = targetPort;
  }

  freeze(): void {
    this.set({ frozen: true });
  }

  thaw(): void {
    this.set({ frozen: false });
  }

  /** The connections that are open now stand still, new ones do not: what they carry arrives late, or never. */
  strand(): void {
    for (const { lanes } of this.#pairs) for (const lane of lanes) lane.isStranded = true;
  }

  /** What was stranded moves again. */
  refloat(): void {
    for (const pair of [...this.#pairs]) {
      for (const lane of pair.lanes) {
        lane.isStranded = false;
        lane.poke();
      }
      this.#settle(pair);
    }
  }

  /** Resets every connection, both sides; bytes under way are lost. New connections are welcome. */
  cut(): void {
    for (const pair of [...this.#pairs]) resetPair(pair);
  }

  /** Ends every connection with a FIN on both sides, after the bytes under way. */
  fin(): void {
    for (const pair of this.#pairs) for (const lane of pair.lanes) lane.end();
  }

  async close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const { client, upstream } of [...this.#pairs]) {
      destroy(client);
      destroy(upstream);
    }
    await stopped;
  }

  #accept(client: Socket): void {
    client.on("error", () => undefined);
    if (this.#toxics.refuse) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    upstream.on("error", () => reset(client));
    const watch = new HttpWatch();
    const context = {
      toxics: this.#toxics,
      watch,
      reset: () => resetPair({ client, upstream }),
      onBlocked: () => this.#block(pair),
      takesAnswer: () => {
        const isPassed = this.#toxics.answersPassed > 0;
        if (isPassed) this.#toxics.answersPassed -= 1;
        return !isPassed;
      },
    };
    const lanes = [
      new FaultLane(client, upstream, "up", context),
      new FaultLane(upstream, client, "down", context),
    ] as const;
    const pair: Pair = { client, upstream, watch, lanes };
    this.#pairs.add(pair);
    for (const side of [client, upstream]) {
      side.on("close", () => {
        this.#settle(pair);
      });
    }
  }

  #block(pair: Pair): void {
    if (this.#toxics.blocksSilently) for (const lane of pair.lanes) lane.isStranded = true;
    else resetPair(pair);
  }

  /** A side that is gone takes the other with it, unless the network is frozen: then nobody hears of it. */
  #settle(pair: Pair): void {
    const { client, upstream, lanes } = pair;
    if (client.destroyed === upstream.destroyed) {
      if (client.destroyed) this.#pairs.delete(pair);
      return;
    }
    if (this.#toxics.frozen !== false || lanes.some((lane) => lane.isStranded)) return;
    for (const lane of lanes) lane.drop();
    destroy(client);
    destroy(upstream);
  }
}

/** Sockets whose reset has begun: Node forgets one that is destroyed in that moment, and its connection stays for ever. */
const resetting = new WeakSet<Socket>();

function resetPair({ client, upstream }: Pick<Pair, "client" | "upstream">): void {
  reset(client);
  reset(upstream);
}

function reset(side: Socket): void {
  if (side.destroyed || resetting.has(side)) return;
  if (side.connecting || side.writableEnded) {
    side.destroy();
    return;
  }
  const begin = (): void => {
    if (side.destroyed || side.writableEnded) return;
    resetting.add(side);
    side.resetAndDestroy();
  };
  if (side.writableLength === 0) {
    begin();
    return;
  }
  const timer = setTimeout(() => destroy(side), MAX_RESET_WAIT_MS);
  side.write("", () => {
    clearTimeout(timer);
    begin();
  });
}

function destroy(side: Socket): void {
  if (!resetting.has(side)) side.destroy();
}

/** Starts a proxy in front of `targetPort` of this machine, on a free port. */
export async function startFaultProxy(targetPort: number, toxics: Partial<Toxics> = {}): Promise<FaultProxy> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return new FaultProxy(server, targetPort, toxics);
}
