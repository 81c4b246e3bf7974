// Benches for the transport contract: each transport of ours, taken from a real session, with the other end of its wire in
// the test's hand. The server's transports face raw clients; the client's face our engine.
import { Socket as ClientSession } from "@everwire/client/engine";
import type { Socket as ServerSession } from "@everwire/server/engine";
import { memoryTransportPair } from "./memory-transport-pair.js";
import { RawEngineClient } from "./raw-engine-client.js";
import { RawEngineServer } from "./raw-engine-server.js";
import type { RawPolling } from "./raw-polling.js";
import { startEngine, type StartedEngine } from "./start-server.js";
import { Inbox } from "./inbox.js";
import type { TransportBench, TransportPeer } from "./transport-contract.js";
import { clientPort, type PortData, serverPort, type TransportPort } from "./transport-port.js";
import { once, until } from "./wait.js";

const ENGINE_PATH = "/engine.io/";

/** An engine whose next session's transport is handed over to a port at once. */
async function engineWithPort(): Promise<{
  engine: StartedEngine;
  client: RawEngineClient;
  port: Promise<TransportPort>;
}> {
  const engine = await startEngine();
  const client = new RawEngineClient(engine.url, { path: ENGINE_PATH });
  const port = once<[ServerSession]>(engine.engine, "connection").then(([session]) => serverPort(session.transport));
  return { engine, client, port };
}

export async function serverWebSocketBench(): Promise<TransportBench> {
  const { engine, client, port } = await engineWithPort();
  const socket = await client.websocket();
  const peer: TransportPeer = {
    send: (...messages) => {
      for (const data of messages) socket.send(typeof data === "string" ? `4${data}` : data);
    },
    next: async () => {
      const message = await socket.next();
      return typeof message === "string" ? message.slice(1) : message;
    },
    close: () => {
      socket.ws.close();
    },
    break: () => {
      socket.terminate();
    },
    sendMalformed: () => {
      socket.send("no packet");
    },
    hold: () => {
      socket.ws.pause();
    },
    release: () => {
      socket.ws.resume();
    },
    // What the kernel's buffers on the loopback may take.
    slack: 200,
  };
  return { transport: await port, peer, dispose: engine.close };
}

/** Polls all the time, unless held, and puts the messages in an inbox. */
class Poller {
  readonly messages = new Inbox<PortData>("a polled message");
  #isHeld = false;
  #isPolling = false;
  readonly #polling: RawPolling;

  constructor(polling: RawPolling) {
    this.#polling = polling;
    this.release();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    if (!this.#isPolling) void this.#poll();
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      while (!this.#isHeld) {
        for (const packet of await this.#polling.packets({ timeoutMs: 60_000 })) {
          if (packet.startsWith("4")) this.messages.push(packet.slice(1));
          else if (packet.startsWith("b")) this.messages.push(Buffer.from(packet.slice(1), "base64"));
        }
      }
    } catch (error) {
      this.messages.end(error as Error);
    }
    this.#isPolling = false;
  }
}

export async function serverPollingBench(): Promise<TransportBench> {
  const { engine, client, port } = await engineWithPort();
  const polling = await client.polling();
  const transport = await port;
  const poller = new Poller(polling);
  const encode = (data: PortData): string => (typeof data === "string" ? `4${data}` : `b${data.toString("base64")}`);
  const push = async (...packets: string[]): Promise<void> => {
    await polling.push(...packets);
  };
  const peer: TransportPeer = {
    send: (...messages) => push(...messages.map(encode)),
    next: () => poller.messages.next(),
    close: () => push("1"),
    break: async () => {
      await until(() => transport.writable, "the poll that is broken off");
      polling.release();
    },
    sendMalformed: () => push("no packet").catch(() => undefined),
    hold: () => {
      poller.hold();
    },
    release: () => {
      poller.release();
    },
    // The poll that waits when the peer stops.
    slack: 1,
  };
  const dispose = async (): Promise<void> => {
    polling.release();
    await engine.close();
  };
  return { transport, peer, dispose };
}

/** A client's transport, taken from a session with a server that the test plays by hand. */
export async function clientBench(name: "polling" | "websocket"): Promise<TransportBench> {
  const server = await RawEngineServer.start();
  const session = new ClientSession(server.url, { transports: [name], upgrade: false });
  session.binaryType = "nodebuffer";
  await once(session, "open");
  const peer: TransportPeer = {
    send: (...messages) => {
      server.send(...messages.map((data) => (typeof data === "string" ? `4${data}` : data)));
    },
    next: async () => {
      const packet = await server.next();
      return typeof packet === "string" ? packet.slice(1) : packet;
    },
    close: () => {
      server.endSession();
    },
    break: async () => {
      if (name === "polling") await until(() => server.isPolled, "the poll that is broken off");
      server.break();
    },
    sendMalformed: () => {
      server.send("no packet");
    },
    hold: () => {
      server.hold();
    },
    release: () => {
      server.release();
    },
    slack: name === "polling" ? 1 : 400,
  };
  return { transport: clientPort(session.transport), peer, dispose: () => server.close() };
}

export function memoryServerBench(): TransportBench {
  const { wire, server, client } = memoryTransportPair();
  const inbox = new Inbox<PortData>("a message over the memory wire");
  client.open();
  const far = clientPort(client);
  void relay(far, inbox);
  const peer: TransportPeer = {
    send: async (...messages) => {
      await until(() => far.writable || far.readyState !== "open", "a writable client");
      if (far.readyState === "open") far.send(...messages);
    },
    next: () => inbox.next(),
    close: () => {
      far.close();
    },
    break: () => {
      wire.break();
    },
    sendMalformed: () => undefined,
    hold: () => {
      wire.toClient.hold();
    },
    release: () => {
      wire.toClient.release();
    },
    slack: 1,
  };
  return { transport: serverPort(server), peer, dispose: () => undefined };
}

export async function memoryClientBench(): Promise<TransportBench> {
  const { wire, server, client } = memoryTransportPair();
  const inbox = new Inbox<PortData>("a message over the memory wire");
  const far = serverPort(server);
  void relay(far, inbox);
  client.open();
  await until(() => client.readyState === "open", "an open client");
  const peer: TransportPeer = {
    send: async (...messages) => {
      await until(() => far.writable || far.readyState !== "open", "a writable server");
      if (far.readyState === "open") far.send(...messages);
    },
    next: () => inbox.next(),
    close: () => {
      far.close();
    },
    break: () => {
      wire.break();
    },
    sendMalformed: () => undefined,
    hold: () => {
      wire.toServer.hold();
    },
    release: () => {
      wire.toServer.release();
    },
    slack: 1,
  };
  return { transport: clientPort(client), peer, dispose: () => undefined };
}

async function relay(port: TransportPort, inbox: Inbox<PortData>): Promise<void> {
  for (;;) {
    const event = await port.events.next({ timeoutMs: 3_600_000 });
    if (event.event === "packet" && event.type === "message") inbox.push(event.data ?? "");
    if (event.event === "close" || event.event === "error") return;
  }
}
