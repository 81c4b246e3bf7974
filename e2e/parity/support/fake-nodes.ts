// Adapters of either peer without a server: namespaces that record what is done to their sockets, and servers of a cluster on a bus
// that hands every message over at once. Used by the adapter's cases of this folder.
import { onTestFinished } from "vitest";
import type { AdapterNamespace, ClusterMessage, ClusterResponse } from "@everwire/server/adapter";
import { plain, type Rig } from "./rig.js";
import type { Peer } from "./peers.js";

export interface FakeNode {
  nsp: AdapterNamespace & { _ids: number };
  log: unknown[];
  acks: Map<string, Map<number, (...args: unknown[]) => void>>;
}

export interface FakeOptions {
  ids?: readonly string[];
  opts?: object;
}

/** A namespace with sockets of those ids; `log` tells what was done to them. */
export function fakeNode(peer: Peer, { ids = [], opts = {} }: FakeOptions = {}): FakeNode {
  const log: unknown[] = [];
  const acks: FakeNode["acks"] = new Map();
  const encoder = new peer.protocol.Encoder();
  const sockets = new Map(
    ids.map((id) => {
      const own = new Map<number, (...args: unknown[]) => void>();
      acks.set(id, own);
      const socket = {
        id,
        rooms: new Set([id]),
        data: { of: id },
        handshake: { query: {}, sessionStore: "secret" },
        acks: own,
        join: (rooms: unknown) => void log.push(["join", id, rooms]),
        leave: (room: unknown) => void log.push(["leave", id, room]),
        disconnect: (close?: boolean) => void log.push(["disconnect", id, close]),
        client: {
          writeToEngine: (
            packets: readonly unknown[],
            options: {
              volatile?: boolean;
              compress?: boolean;
              preEncoded?: boolean;
              wsPreEncodedFrame?: readonly Buffer[];
            },
          ) => {
            const { volatile, compress, preEncoded, wsPreEncodedFrame } = options;
            const frame = wsPreEncodedFrame && Buffer.concat(wsPreEncodedFrame).subarray(2).toString();
            log.push(["write", id, [...packets], { preEncoded, volatile, compress, frame }]);
          },
        },
        notifyOutgoingListeners: ({ data }: { data?: unknown }) => void log.push(["notify", id, data]),
      };
      return [id, socket];
    }),
  );
  const server = { encoder: { encode: (packet: never) => (log.push("encode"), encoder.encode(packet)) }, opts };
  const nsp = {
    name: "/n",
    _ids: 0,
    sockets,
    server,
    _onServerSideEmit: (args: unknown[]) => void log.push(["event", ...plain(args)]),
  };
  return { nsp: nsp, log, acks };
}

export function event(data: unknown[], more: object = {}): never {
  return { type: 2, data, ...more } as never;
}

export function options(rooms: string[] = [], except: string[] = [], flags: object = {}): never {
  return { rooms: new Set(rooms), except: new Set(except), flags } as never;
}

type ClusterBase = Rig["peer"]["adapter"]["ClusterAdapter"];
type Cluster = InstanceType<ClusterBase> & {
  /** Responses go this way from now on. */
  answerBy(way: (response: ClusterResponse) => void): void;
};

export interface ClusterNode extends FakeNode {
  adapter: Cluster;
}

export interface FakeCluster {
  nodes: ClusterNode[];
  /** What was published and answered, uids by the number of the server, request ids by a word. */
  sent(): unknown[];
  forget(): void;
}

export interface ClusterSetup {
  base?: "ClusterAdapter" | "ClusterAdapterWithHeartbeat";
  /** Of the second argument, for the one with heartbeat. */
  heartbeat?: object;
  opts?: object;
  /** Servers that hear nothing. */
  deaf?: readonly number[];
}

/** Servers with a socket `s0`, `s1` … each, all of them in room `r`. */
export function fakeCluster({ peer }: Rig, count: number, setup: ClusterSetup = {}): FakeCluster {
  const { base = "ClusterAdapter", heartbeat, opts, deaf = [] } = setup;
  const Base = peer.adapter[base] as unknown as new (nsp: unknown, options?: object) => InstanceType<ClusterBase>;
  const published: unknown[] = [];
  const nodes: ClusterNode[] = [];
  class Node extends Base {
    doPublish(message: ClusterMessage): Promise<string> {
      published.push(structuredClone({ ...message, from: this.uid }));
      nodes.forEach(({ adapter }, index) => {
        if (!deaf.includes(index)) adapter.onMessage(structuredClone(message), "offset-1");
      });
      return Promise.resolve("offset-1");
    }

    #way: ((response: ClusterResponse) => void) | undefined;

    answerBy(way: (response: ClusterResponse) => void): void {
      this.#way = way;
    }

    doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
      if (this.#way !== undefined) {
        this.#way(structuredClone(response));
        return Promise.resolve();
      }
      published.push(structuredClone({ ...response, to: uid }));
      nodes.find(({ adapter }) => adapter.uid === uid)?.adapter.onResponse(structuredClone(response));
      return Promise.resolve();
    }

    override serverCount(): Promise<number> {
      return base === "ClusterAdapter" ? Promise.resolve(count) : super.serverCount();
    }
  }
  for (let index = 0; index < count; index++) {
    const node = fakeNode(peer, { ids: [`s${index}`], ...(opts && { opts }) });
    const adapter = new Node(node.nsp, heartbeat);
    void adapter.addAll(`s${index}`, new Set([`s${index}`, "r"]));
    nodes.push({ ...node, adapter });
    onTestFinished(() => void adapter.close());
  }
  if (base === "ClusterAdapterWithHeartbeat") for (const { adapter } of nodes) void adapter.init();
  return {
    nodes,
    sent: () => {
      let text = JSON.stringify(published, (key, value: unknown) => (key === "requestId" ? "request" : value));
      nodes.forEach(({ adapter }, index) => (text = text.replaceAll(adapter.uid, `server ${index}`)));
      return JSON.parse(text) as unknown[];
    },
    forget: () => void (published.length = 0),
  };
}
