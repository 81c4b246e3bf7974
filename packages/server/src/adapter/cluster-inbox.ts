// What other servers ask of this one: reads a message, does it to the sockets here, answers if an answer is wanted. Owned
// by a ClusterAdapter, whose base class does the work. Throws on a message that makes no sense; the adapter reports that.
import type { Packet } from "@everwire/protocol";
import type { AdapterSocket, BroadcastOptions, Room } from "./adapter.js";
import { AnsweredBroadcasts } from "./cluster-acks.js";
import {
  type ClusterMessage,
  type ClusterResponseBody,
  fromClusterOptions,
  fromClusterPacket,
  MessageType,
  type Offset,
  type ServerId,
  type SocketDescription,
} from "./cluster-message.js";

/** What an inbox can do on this server. */
export interface LocalDelivery {
  broadcast(packet: Packet, options: BroadcastOptions): void;
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (...args: unknown[]) => void,
  ): unknown;
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  fetchSockets(options: BroadcastOptions): Promise<unknown[]>;
  serverSideEmit(args: unknown[]): void;
  respond(uid: ServerId, response: ClusterResponseBody): void;
  withOffset(packet: Packet, options: BroadcastOptions, offset: Offset | undefined): Packet;
  report(error: unknown): void;
}

type Broadcast = Extract<ClusterMessage, { type: typeof MessageType.BROADCAST }>;

export class ClusterInbox {
  readonly #local: LocalDelivery;
  readonly #answered = new AnsweredBroadcasts();

  constructor(local: LocalDelivery) {
    this.#local = local;
  }

  close(): void {
    this.#answered.close();
  }

  /** Messages about servers, not sockets, and those of later versions, are nothing to an inbox. */
  onMessage(message: ClusterMessage, nsp: string, offset: Offset | undefined): void {
    switch (message.type) {
      case MessageType.BROADCAST:
        this.#onBroadcast(message, nsp, offset);
        break;
      case MessageType.SOCKETS_JOIN:
        this.#local.addSockets(fromClusterOptions(message.data.opts), message.data.rooms);
        break;
      case MessageType.SOCKETS_LEAVE:
        this.#local.delSockets(fromClusterOptions(message.data.opts), message.data.rooms);
        break;
      case MessageType.DISCONNECT_SOCKETS:
        this.#local.disconnectSockets(fromClusterOptions(message.data.opts), message.data.close === true);
        break;
      case MessageType.FETCH_SOCKETS:
        this.#onFetch(message.uid, message.data.requestId, fromClusterOptions(message.data.opts));
        break;
      case MessageType.SERVER_SIDE_EMIT:
        this.#onServerSideEmit(message.uid, message.data.packet, message.data.requestId);
        break;
    }
  }

  #onBroadcast(message: Broadcast, nsp: string, offset: Offset | undefined): void {
    const { opts, packet: clusterPacket, requestId } = message.data;
    const options = fromClusterOptions(opts);
    const packet = fromClusterPacket(clusterPacket, nsp);
    if (requestId === undefined) {
      this.#local.broadcast(this.#local.withOffset(packet, options, offset), options);
    } else {
      this.#askClients(message.uid, requestId, packet, options);
    }
  }

  #askClients(uid: ServerId, requestId: string, packet: Packet, options: BroadcastOptions): void {
    let missing = 0;
    let end = (): void => undefined;
    const forget = this.#local.broadcastWithAck(
      packet,
      options,
      (clientCount) => {
        missing = clientCount;
        this.#local.respond(uid, { type: MessageType.BROADCAST_CLIENT_COUNT, data: { requestId, clientCount } });
      },
      (answer) => {
        this.#local.respond(uid, { type: MessageType.BROADCAST_ACK, data: { requestId, packet: answer } });
        missing--;
        if (missing === 0) end();
      },
    );
    if (missing === 0 || typeof forget !== "function") return;
    end = this.#answered.open(options.flags?.timeout, forget as () => void);
  }

  #onFetch(uid: ServerId, requestId: string, options: BroadcastOptions): void {
    const answer = (found: unknown[]): void => {
      const sockets = (found as AdapterSocket[]).map(describeSocket);
      this.#local.respond(uid, { type: MessageType.FETCH_SOCKETS_RESPONSE, data: { requestId, sockets } });
    };
    this.#local
      .fetchSockets(options)
      .then(answer)
      .catch((error: unknown) => this.#local.report(error));
  }

  #onServerSideEmit(uid: ServerId, packet: unknown, requestId: string | undefined): void {
    if (!Array.isArray(packet)) throw new TypeError("an event is a list");
    const args = packet as unknown[];
    if (requestId === undefined) {
      this.#local.serverSideEmit(args);
      return;
    }
    let isAnswered = false;
    const ack = (answer: unknown): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#local.respond(uid, { type: MessageType.SERVER_SIDE_EMIT_RESPONSE, data: { requestId, packet: answer } });
    };
    this.#local.serverSideEmit([...args, ack]);
  }
}

/** What can travel of a socket. A session store in the handshake holds connections, and is nobody else's business. */
function describeSocket(socket: AdapterSocket): SocketDescription {
  const handshake: Record<string, unknown> = { ...(socket.handshake as Record<string, unknown>) };
  delete handshake["sessionStore"];
  return { id: socket.id, handshake, rooms: [...socket.rooms], data: socket.data };
}
