// The network of a run that is made of fault proxies: one for each client, before the server on the loopback. Used by a lane.
import { startFaultProxy } from "@everwire/testkit/faults";
import { carryOut } from "./faults.mjs";

export class ProxyNetwork {
  #proxies = new Map();

  /** A way to the server's port for each of these clients. */
  async open(port, names) {
    for (const name of names) this.#proxies.set(name, await startFaultProxy(port));
  }

  urlFor(name) {
    return this.#proxies.get(name).url;
  }

  carryOut(fault, processes) {
    return carryOut(fault, this.#proxies, processes);
  }

  /** The most bytes that a connection carries as a WebSocket, towards the server and back. */
  get tunnelBytes() {
    const tunnels = [...this.#proxies.values()].flatMap(({ traffic }) =>
      traffic.filter(({ isWebSocket }) => isWebSocket),
    );
    return { up: Math.max(0, ...tunnels.map(({ up }) => up)), down: Math.max(0, ...tunnels.map(({ down }) => down)) };
  }

  async close() {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
    this.#proxies.clear();
  }
}
