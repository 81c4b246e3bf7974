// The network of a run that is the kernel's own: clients, a router and the server in three network namespaces, joined by two virtual
// cables. Its faults are what no proxy can play: packets that vanish, a cable that is pulled, an address that changes. Needs root and
// `ip` on Linux; ports and addresses are those of the namespaces, so nothing of the machine is touched.
import { execFile } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

const SERVER = "10.77.2.2";
/** The clients' address, and the one that they get when they move. */
const ADDRESSES = ["10.77.1.2", "10.77.1.3"];
const CLIENTS_ROUTER = "10.77.1.1";
const SERVER_ROUTER = "10.77.2.1";

/** Why it can't be had here, or nothing. */
export async function whyNotHere() {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid() !== 0) return "network namespaces need root";
  const name = `ewc${process.pid}x`;
  try {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["-n", name, "link", "add", "name", "near", "type", "veth", "peer", "name", "far"]);
    return undefined;
  } catch (error) {
    return error.code === "ENOENT" ? "there is no `ip` (package iproute2)" : `the kernel refuses: ${error.stderr}`;
  } finally {
    await run("ip", ["netns", "del", name]).catch(() => undefined);
  }
}

export class NetnsNetwork {
  #clients;
  #router;
  #server;
  #port = 0;
  #address = 0;

  constructor(number) {
    const name = `ewc${process.pid}-${number}`;
    this.#clients = `${name}c`;
    this.#router = `${name}r`;
    this.#server = `${name}s`;
  }

  /** What runs the two processes of a lane in it. */
  get prefixes() {
    return {
      server: ["ip", "netns", "exec", this.#server],
      clients: ["ip", "netns", "exec", this.#clients],
    };
  }

  async setUp() {
    for (const name of [this.#clients, this.#router, this.#server]) await run("ip", ["netns", "add", name]);
    for (const [end, routers, own] of [
      [this.#clients, CLIENTS_ROUTER, ADDRESSES[0]],
      [this.#server, SERVER_ROUTER, SERVER],
    ]) {
      const cable = end === this.#clients ? "toclients" : "toserver";
      await ip(this.#router, `link add name ${cable} type veth peer name eth netns ${end}`);
      await ip(this.#router, `addr add ${routers}/24 dev ${cable}`);
      await ip(this.#router, `link set ${cable} up`);
      await ip(end, `addr add ${own}/24 dev eth`);
      await ip(end, "link set lo up");
      await ip(end, "link set eth up");
      await ip(end, `route add default via ${routers}`);
    }
    await run("ip", ["netns", "exec", this.#router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  }

  async tearDown() {
    for (const name of [this.#clients, this.#router, this.#server])
      await run("ip", ["netns", "del", name]).catch(() => undefined);
  }

  async open(port) {
    this.#port = port;
  }

  urlFor() {
    return `http://${SERVER}:${this.#port}`;
  }

  async close() {
    // The namespaces stay: the processes of the lane live in them.
  }

  async carryOut(fault) {
    await wait(fault.atMs);
    await this.#kinds[fault.kind](fault);
  }

  #kinds = {
    /** Packets vanish on the way, and nobody is told: one way, the other or both. */
    blackhole: async ({ ms, direction }) => {
      const holes = [
        ...(direction === "up" ? [] : ["10.77.1.0/25"]),
        ...(direction === "down" ? [] : [`${SERVER}/32`]),
      ];
      for (const hole of holes) await ip(this.#router, `route add blackhole ${hole}`);
      await wait(ms);
      for (const hole of holes) await ip(this.#router, `route del blackhole ${hole}`);
    },
    /** The router is gone for both. */
    "router down": async ({ ms }) => {
      for (const cable of ["toclients", "toserver"]) await ip(this.#router, `link set ${cable} down`);
      await wait(ms);
      for (const cable of ["toclients", "toserver"]) await ip(this.#router, `link set ${cable} up`);
    },
    /** The clients' own cable is pulled: what they send fails at once. */
    "cable pulled": async ({ ms }) => {
      await ip(this.#clients, "link set eth down");
      await wait(ms);
      await this.#plugIn();
    },
    /** Another Wi-Fi: the clients have a new address, and what comes to the old one finds nobody. */
    "address changed": async ({ ms }) => {
      await ip(this.#clients, "link set eth down");
      await ip(this.#clients, `addr del ${ADDRESSES[this.#address]}/24 dev eth`);
      await wait(ms);
      this.#address = 1 - this.#address;
      await ip(this.#clients, `addr add ${ADDRESSES[this.#address]}/24 dev eth`);
      await this.#plugIn();
    },
  };

  /** Routes go with the link that they use. */
  async #plugIn() {
    await ip(this.#clients, "link set eth up");
    await ip(this.#clients, `route add default via ${CLIENTS_ROUTER}`);
  }
}

function ip(namespace, command) {
  return run("ip", ["-n", namespace, ...command.split(" ")]);
}
