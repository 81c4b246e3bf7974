// A browser for the tests of the shared worker: the hub as its worker runs it, tabs with a Manager each, and between them the ports of
// Node, which are those of browsers. What only a real browser has (locks, the page's coming and going) is tested in real ones.
import { afterEach, beforeEach, vi } from "vitest";
import { startServer, type StartedServer, type StartServerOptions } from "@everwire/testkit";
import "../engine/register-every.js";
import { io, type IoOptions } from "../lookup.js";
import type { Socket } from "../socket.js";
import { Hub } from "./hub.js";
import type { TabMessage, WorkerMessage } from "./port-messages.js";

const closers: (() => unknown)[] = [];
let hub: Hub;
/** The tabs' ends of all ports. */
let ports: MessagePort[];

/** Call it once in each test file. */
export function useBrowser(): void {
  beforeEach(() => {
    hub = new Hub();
    ports = [];
    vi.stubGlobal("navigator", {});
    vi.stubGlobal(
      "SharedWorker",
      class {
        readonly port = newPort();
      },
    );
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    ports.forEach((port) => port.close());
    vi.unstubAllGlobals();
  });
}

/** The tab's end of a new port, whose other end the hub has. */
export function newPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  hub.add(port2);
  ports.push(port1);
  return port1;
}

export async function start(options: StartServerOptions = {}): Promise<StartedServer> {
  const server = await startServer({ serveClient: false, ...options });
  closers.push(() => server.close());
  return server;
}

/** The socket of one more tab. */
export function openTab(url: string, options: IoOptions = {}): Socket {
  const { pathname, origin } = new URL(url);
  // As in another tab: no Manager of this one is known there.
  const manager = new io.Manager(origin, {
    shared: true,
    transports: ["websocket"],
    reconnectionDelay: 10,
    ...options,
  });
  const socket = manager.socket(pathname, options);
  closers.push(() => {
    manager.disconnect();
  });
  return socket;
}

/** The tab is gone, and could not say so. */
export function kill(tab: number): void {
  ports[tab]?.close();
}

/** A tab that speaks by hand, and reads only what it is asked to. */
export class BareTab {
  readonly port = newPort();
  readonly told: WorkerMessage[] = [];

  constructor(url: string, options: IoOptions = {}) {
    this.say(["open", url, { shared: true, transports: ["websocket"], path: "/socket.io", ...options }]);
  }

  say(...messages: TabMessage[]): void {
    messages.forEach((message) => this.port.postMessage(message));
  }

  /** Takes what comes, and says so if `acknowledges`. */
  read(acknowledges: boolean): void {
    this.port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      this.told.push(data);
      if (acknowledges && data[0] === "ask") this.say(["ack"]);
    };
  }

  get texts(): unknown[] {
    return this.told.filter(([name]) => name === "message").map(([, , chunk]) => chunk);
  }

  named(name: WorkerMessage[0]): WorkerMessage[] {
    return this.told.filter((message) => message[0] === name);
  }
}
