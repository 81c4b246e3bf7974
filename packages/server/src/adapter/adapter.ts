// The contract between a namespace and the adapter that keeps its rooms and delivers its broadcasts. An adapter sees
// no wire: it asks the namespace's server for one encoded packet and hands the very same list to each recipient.
// The names are those that published adapters use, so that they run here as they are.
import type { EventEmitter } from "node:events";
import type { BinaryData, Packet } from "@everwire/protocol";

/** Name of a room; the id of a socket is a room too, its own. */
export type Room = string;
export type SocketId = string;
/** Private id of a recoverable session: whoever holds it may take the session up again. */
export type PrivateSessionId = string;

/** One packet as the encoder gives it: a text, then one entry for each attachment. */
export type EncodedPacket = readonly (string | BinaryData)[];

/** What a caller asked for with `volatile`, `compress`, `local`, `timeout` and the like. */
export interface BroadcastFlags {
  /** May be dropped when the recipient can't take it right now. */
  volatile?: boolean;
  compress?: boolean;
  /** Recipients of this server only. */
  local?: boolean;
  broadcast?: boolean;
  binary?: boolean;
  /** Milliseconds to wait for acknowledgements. */
  timeout?: number;
  expectSingleResponse?: boolean;
}

/** Whom a broadcast is for: every room named is a union; no room means everyone; exceptions are rooms too. */
export interface BroadcastOptions {
  rooms: Set<Room>;
  except?: Set<Room>;
  flags?: BroadcastFlags;
}

/** What stands beside the encoded packet on its way to a connection. */
export interface WriteOptions {
  /** The first argument is encoded already; always true here. */
  preEncoded?: boolean;
  volatile?: boolean | undefined;
  compress?: boolean | undefined;
  /** The packet as a ready WebSocket frame, in one or more buffers. */
  wsPreEncodedFrame?: readonly Uint8Array[] | undefined;
  /** The packet in the form that the sessions below share; opaque here. Takes precedence over everything else. */
  prepared?: PreparedPacket;
}

/** Made by the server out of an encoded packet, once for all recipients; only the layer that made it can look inside. */
export type PreparedPacket = readonly object[];

export type AckCallback = (...args: never[]) => void;

/** What an adapter uses of a socket of this server. */
export interface AdapterSocket {
  readonly id: SocketId;
  readonly rooms: Set<Room>;
  readonly data: unknown;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- its shape is the socket layer's; an adapter passes it on
  readonly handshake: any;
  readonly acks: Map<number, (...args: unknown[]) => void>;
  readonly client: { writeToEngine(encodedPackets: EncodedPacket, options: WriteOptions): void };
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
  /** Tells catch-all listeners of outgoing packets. */
  notifyOutgoingListeners?(packet: Packet): void;
  /** Like `acks.delete`, for a socket that makes its map only when it has something to put there. */
  forgetAck?(id: number): void;
}

/** How long, and how much, an adapter keeps for clients that may come back. */
export interface RecoveryLimits {
  /** Milliseconds that a session outlives its connection; 120,000 by default. */
  maxDisconnectionDuration?: number;
  /** Bytes of packets kept in a namespace; 32 MiB by default. */
  maxStoredBytes?: number;
  /** Packets kept in a namespace; 200,000 by default. */
  maxStoredPackets?: number;
  /** Sessions kept in a namespace; 50,000 by default. */
  maxStoredSessions?: number;
}

/** What an adapter uses of a namespace. */
export interface AdapterNamespace {
  readonly name: string;
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>;
  /** Counter that the ids of acknowledgements are drawn from. */
  _ids: number;
  readonly server: {
    readonly encoder: { encode(packet: Packet): EncodedPacket };
    readonly opts: { connectionStateRecovery?: RecoveryLimits | undefined };
    /** Turns an encoded packet into what sessions can share. A namespace without it gets frames (`wsPreEncodedFrame`). */
    prepare?(encodedPackets: EncodedPacket, options: WriteOptions): PreparedPacket;
  };
  _onServerSideEmit(args: unknown[]): void;
  /** Runs something that may throw, or reject, where that is caught and reported. */
  guard?(kind: "ack" | "adapter", run: () => unknown): void;
}

/** What outlives a disconnected socket until its client comes back. */
export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  data: unknown;
}

/** A session as it is taken up again. */
export interface Session extends SessionToPersist {
  /** Arguments (event name first) of every packet that the client missed, in order. */
  missedPackets: unknown[][];
  /** The same packets as they were encoded when they were sent, where the adapter kept that form. */
  missedEncoded?: EncodedPacket[];
}

/** The interface that `Server`'s option `adapter` asks for. Emits create-room, delete-room, join-room and leave-room. */
export interface AdapterContract extends EventEmitter {
  readonly nsp: AdapterNamespace;
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  init(): Promise<void> | void;
  close(): Promise<void> | void;
  serverCount(): Promise<number>;
  /** How many say how many clients they have, when an acknowledged broadcast is local; 1 where it is not told. */
  readonly localCount?: number;
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  del(id: SocketId, room: Room): Promise<void> | void;
  delAll(id: SocketId): void;
  broadcast(packet: Packet, options: BroadcastOptions): Promise<void> | void;
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: unknown[]) => void,
  ): unknown;
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  socketRooms(id: SocketId): Set<Room> | undefined;
  fetchSockets(options: BroadcastOptions): Promise<unknown[]>;
  addSockets(options: BroadcastOptions, rooms: Room[]): Promise<void> | void;
  delSockets(options: BroadcastOptions, rooms: Room[]): Promise<void> | void;
  disconnectSockets(options: BroadcastOptions, close: boolean): Promise<void> | void;
  serverSideEmit(packet: unknown[]): Promise<void> | void;
  persistSession(session: SessionToPersist): Promise<void> | void;
  restoreSession(pid: PrivateSessionId, offset: string | undefined): Promise<Session | null> | null;
  /** `restoreSession` for an adapter that knows at once: then nothing can slip in between this and the socket's return. */
  findSession?(pid: PrivateSessionId, offset: string | undefined): Session | null;
  /** A packet with an acknowledgement goes to one socket, past the adapter: an adapter that recovers sessions counts it. */
  noteUnstored?(id: SocketId, packetId: number): void;
  /** That socket acknowledged a packet, and so has received everything that was sent to it before. */
  noteReceived?(id: SocketId, packetId: number): void;
}
