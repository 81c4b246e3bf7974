// One acknowledged broadcast in flight: it counts servers, clients and answers, and calls back once, when all answered
// or the time is over. Made by a BroadcastOperator.
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Packet } from "@everwire/protocol";
import type { AdapterContract, BroadcastOptions } from "./adapter/adapter.js";
import { serverError } from "./errors.js";

/** `responses` is the first argument of each client's answer; one value where a single client was asked. */
export type BroadcastAck = (error: Error | null, responses: unknown) => void;

export class BroadcastAcks {
  readonly #adapter: AdapterContract;
  readonly #packet: Packet;
  readonly #isSingle: boolean;
  readonly #callback: BroadcastAck;
  readonly #responses: unknown[] = [];
  #timer: NodeJS.Timeout | undefined;
  #forget: unknown;
  #expectedServers = -1;
  #servers = 0;
  #clients = 0;
  #isDone = false;

  constructor(adapter: AdapterContract, packet: Packet, isSingle: boolean, callback: BroadcastAck) {
    this.#adapter = adapter;
    this.#packet = packet;
    this.#isSingle = isSingle;
    this.#callback = callback;
  }

  send(options: BroadcastOptions): void {
    const timeoutMs = options.flags?.timeout;
    const expire = (): void => this.#settle(serverError("ERR_ACK_TIMEOUT", "operation has timed out"));
    if (timeoutMs === undefined) {
      // Without `timeout()` there is no time to wait: the callback gets the answers that need none.
      setImmediate(expire);
    } else {
      this.#timer = setTimeout(expire, timeoutMs);
      // It is the connections that keep the process alive; once they are gone nobody waits for this any more.
      this.#timer.unref();
    }
    let servers: Promise<number>;
    try {
      this.#forget = this.#ask(options);
      // Adapters over a broker count the servers that they know, not those that were asked.
      const { localCount = 1 } = this.#adapter;
      servers = options.flags?.local === true ? Promise.resolve(localCount) : this.#adapter.serverCount();
    } catch (error) {
      // The caller hears of it at once, and so not a second time.
      this.#isDone = true;
      clearTimeout(this.#timer);
      throw error;
    }
    // Published adapters may be asynchronous here.
    if (this.#forget instanceof Promise) this.#forget.then(undefined, (cause: unknown) => this.#fail(cause));
    servers.then(
      (serverCount) => {
        this.#expectedServers = serverCount;
        this.#check();
      },
      (cause: unknown) => this.#fail(cause),
    );
  }

  #ask(options: BroadcastOptions): unknown {
    return this.#adapter.broadcastWithAck(
      this.#packet,
      options,
      (clientCount) => {
        this.#clients += clientCount;
        this.#servers++;
        this.#check();
      },
      (response) => {
        if (this.#isDone) return;
        this.#responses.push(response);
        this.#check();
      },
    );
  }

  #fail(cause: unknown): void {
    this.#settle(cause instanceof Error ? cause : new Error(String(cause)));
  }

  #check(): void {
    if (this.#expectedServers < 0 || this.#servers < this.#expectedServers) return;
    if (this.#responses.length === this.#clients) this.#settle(null);
  }

  #settle(error: Error | null): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    if (error !== null) this.#forgetAnswers();
    const [first] = this.#responses;
    const result = this.#isSingle ? (error === null ? first : null) : this.#responses;
    const run = (): unknown => this.#callback(error, result);
    if (this.#adapter.nsp.guard === undefined) run();
    else this.#adapter.nsp.guard("ack", run);
  }

  // Adapters of this package know how to; others leave their callbacks under the id that they gave the packet.
  #forgetAnswers(): void {
    if (typeof this.#forget === "function") {
      (this.#forget as () => void)();
      return;
    }
    const id = this.#packet.id;
    if (id === undefined) return;
    for (const socket of this.#adapter.nsp.sockets.values()) {
      if (socket.forgetAck === undefined) socket.acks.delete(id);
      else socket.forgetAck(id);
    }
  }
}
