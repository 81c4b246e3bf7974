// Servers of three kinds on one bus: Everwire with its own cluster adapter, Everwire with the published one, and a stock
// server. They speak the same protocol, or nothing here works.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collect, MemoryBus, once, until } from "@everwire/testkit";
import { Server as StockServer } from "socket.io";
import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { ClusterAdapterWithHeartbeat as PublishedAdapter, MessageType as PublishedType } from "socket.io-adapter";
import { afterEach, describe, expect, it } from "vitest";
import { Server } from "../server.js";
import { ClusterAdapterWithHeartbeat } from "./cluster-heartbeat.js";
import {
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type Offset,
  type ServerId,
} from "./cluster-message.js";
import type { AdapterNamespace } from "./adapter.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const OPTIONS = { heartbeatInterval: 100, heartbeatTimeout: 400 };

function ourAdapter(bus: MemoryBus): new (nsp: AdapterNamespace) => ClusterAdapterWithHeartbeat {
  return class extends ClusterAdapterWithHeartbeat {
    constructor(nsp: AdapterNamespace) {
      super(nsp, OPTIONS);
      bus.join(this);
    }

    protected doPublish(message: ClusterMessage): Promise<Offset> {
      return bus.publish(message);
    }

    protected doPublishResponse(uid: ServerId, response: ClusterResponse): Promise<void> {
      return bus.respond(uid, response);
    }
  };
}

// The published class as a black box: what it has beside its two abstract methods is not looked at.
type PublishedConstructor = new (nsp: unknown, options: object) => { doPublish: unknown; close(): unknown };

function publishedAdapter(bus: MemoryBus): new (nsp: unknown) => object {
  return class extends (PublishedAdapter as unknown as PublishedConstructor) {
    constructor(nsp: unknown) {
      super(nsp, OPTIONS);
      bus.join(this as never);
    }

    override doPublish = (message: object): Promise<string> => bus.publish(message);
    doPublishResponse = (uid: string, response: object): Promise<void> => bus.respond(uid, response);
  };
}

/** What the three kinds of servers have in common, and more is not asked of them. */
type AnyServer = Pick<
  Server,
  "of" | "emit" | "to" | "in" | "on" | "timeout" | "fetchSockets" | "socketsJoin" | "close"
> &
  Pick<Server, "serverSideEmit" | "serverSideEmitWithAck" | "disconnectSockets">;

async function mixed(
  isSingleChannel: boolean,
): Promise<{ bus: MemoryBus; servers: AnyServer[]; clients: StockSocket[] }> {
  const bus = new MemoryBus();
  bus.isSingleChannel = isSingleChannel;
  const makers = [
    (http: ReturnType<typeof createServer>) => new Server(http, { adapter: ourAdapter(bus) }),
    (http: ReturnType<typeof createServer>) => new Server(http, { adapter: publishedAdapter(bus) as never }),
    (http: ReturnType<typeof createServer>) => new StockServer(http, { adapter: publishedAdapter(bus) as never }),
  ];
  const servers: AnyServer[] = [];
  const clients: StockSocket[] = [];
  for (const make of makers) {
    const http = createServer();
    const io = make(http) as unknown as AnyServer;
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const client = stockClient(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      forceNew: true,
      transports: ["websocket"],
    });
    cleanups.push(
      () => io.close(),
      () => client.disconnect(),
    );
    await once(client, "connect");
    servers.push(io);
    clients.push(client);
  }
  for (const io of servers) {
    while ((await io.of("/").adapter.serverCount()) < servers.length) await new Promise(setImmediate);
  }
  return { bus, servers, clients };
}

describe.each([
  ["responses on a channel of their own", false],
  ["one channel for everything", true],
])("servers of several kinds, %s", (_title, isSingleChannel) => {
  it("broadcast to each other, in rooms and with binary data", async () => {
    const { servers, clients } = await mixed(isSingleChannel);
    const heard = clients.map((client) => collect(client, "m", 3));
    servers.forEach((io, index) => io.emit("m", index, Buffer.from([index])));
    for (const events of await Promise.all(heard)) {
      expect(events.sort()).toEqual([0, 1, 2].map((index) => [index, Buffer.from([index])]));
    }
    const [ours, theirs, stock] = servers;
    ours?.in(clients.map(({ id }) => id!)).socketsJoin("r");
    stock?.in(clients[0]!.id!).socketsLeave("r");
    const room = Promise.all(clients.slice(1).map((client) => once(client, "room")));
    clients[0]?.on("room", () => expect.unreachable());
    theirs?.to("r").emit("room");
    await room;
  });

  it("collect each other's acknowledgements, sockets and answers", async () => {
    const { servers, clients } = await mixed(isSingleChannel);
    clients.forEach((client, index) => client.on("ask", (answer) => answer(index)));
    servers.forEach((io, index) => io.on("ask", (answer: (value: unknown) => void) => answer(index)));
    for (const [index, io] of servers.entries()) {
      expect(((await io.timeout(3_000).emitWithAck("ask")) as number[]).sort()).toEqual([0, 1, 2]);
      expect(new Set((await io.fetchSockets()).map(({ id }) => id))).toEqual(new Set(clients.map(({ id }) => id)));
      const others = [0, 1, 2].filter((other) => other !== index);
      expect(((await io.serverSideEmitWithAck("ask")) as number[]).sort()).toEqual(others);
    }
  });

  it("disconnect each other's sockets, behind what was sent, and notice who leaves", async () => {
    const { servers, clients } = await mixed(isSingleChannel);
    for (const client of clients) client.io.reconnection(false);
    const events: string[] = [];
    clients[2]?.onAny((event: string) => events.push(event));
    const gone = once(clients[2]!, "disconnect");
    servers[0]?.emit("bye");
    servers[0]?.in(clients[2]!.id!).disconnectSockets(true);
    await gone;
    expect(events).toEqual(["bye"]);
    await servers[0]?.close();
    for (const io of servers.slice(1)) {
      let count = 3;
      void (async (): Promise<void> => {
        while (count > 2) count = await io.of("/").adapter.serverCount();
      })();
      await until(() => count === 2, "the server that left not to be counted");
    }
  });
});

it("the numbers of messages are the published ones", () => {
  for (const [name, number] of Object.entries(MessageType)) {
    expect((PublishedType as unknown as Record<string, number>)[name]).toBe(number);
  }
});
