// What the servers of a cluster say to each other: the shapes of messages and responses, and their numbers. Published
// adapters and emitters of the Socket.IO family use the same, so these never change. Read and made by ClusterAdapter.
import { randomBytes } from "node:crypto";
import type { Packet } from "@everwire/protocol";
import type { BroadcastFlags, BroadcastOptions, Room, SocketId } from "./adapter.js";

/** What a message of the cluster protocol is about. */
export const MessageType = {
  INITIAL_HEARTBEAT: 1,
  HEARTBEAT: 2,
  BROADCAST: 3,
  SOCKETS_JOIN: 4,
  SOCKETS_LEAVE: 5,
  DISCONNECT_SOCKETS: 6,
  FETCH_SOCKETS: 7,
  FETCH_SOCKETS_RESPONSE: 8,
  SERVER_SIDE_EMIT: 9,
  SERVER_SIDE_EMIT_RESPONSE: 10,
  BROADCAST_CLIENT_COUNT: 11,
  BROADCAST_ACK: 12,
  ADAPTER_CLOSE: 13,
} as const;

export type MessageType = (typeof MessageType)[keyof typeof MessageType];

type Types = typeof MessageType;

/** Id of one adapter on one server. */
export type ServerId = string;
/** Place of a message in what the servers share, where that keeps messages; clients come back with it. */
export type Offset = string;

/** Sender of messages that come from a process without sockets. It is no server: nobody waits for its answers. */
export const EMITTER_UID = "emitter";

/** Stands for the offset of a broadcast that was delivered here already, as it was read back from a log. */
export const DELIVERED: Offset = "~everwire:delivered";

/** `BroadcastOptions` with lists in place of sets, which JSON and MessagePack know. */
export interface ClusterOptions {
  rooms: Room[];
  except: Room[];
  flags: BroadcastFlags;
}

/** A packet on its way to other servers, which put in their namespace and id. */
export type ClusterPacket = Pick<Packet, "type" | "data">;

interface Envelope {
  /** Who sent it. */
  uid: ServerId;
  nsp: string;
}

/** To every other server. A `requestId` says that the sender waits for an answer. */
export type ClusterMessage = Envelope & ClusterMessageBody;

export type ClusterMessageBody =
  | { type: Types["INITIAL_HEARTBEAT" | "HEARTBEAT" | "ADAPTER_CLOSE"]; data?: undefined }
  | { type: Types["BROADCAST"]; data: { opts: ClusterOptions; packet: ClusterPacket; requestId?: string } }
  | { type: Types["SOCKETS_JOIN" | "SOCKETS_LEAVE"]; data: { opts: ClusterOptions; rooms: Room[] } }
  | { type: Types["DISCONNECT_SOCKETS"]; data: { opts: ClusterOptions; close?: boolean } }
  | { type: Types["FETCH_SOCKETS"]; data: { opts: ClusterOptions; requestId: string } }
  | { type: Types["SERVER_SIDE_EMIT"]; data: { packet: unknown[]; requestId?: string } };

/** What a server tells of one of its sockets. */
export interface SocketDescription {
  id: SocketId;
  handshake: unknown;
  rooms: Room[];
  data: unknown;
}

/** To the server that asked. */
export type ClusterResponse = Envelope & ClusterResponseBody;

export type ClusterResponseBody =
  | { type: Types["FETCH_SOCKETS_RESPONSE"]; data: { requestId: string; sockets: SocketDescription[] } }
  | { type: Types["SERVER_SIDE_EMIT_RESPONSE"]; data: { requestId: string; packet: unknown } }
  | { type: Types["BROADCAST_CLIENT_COUNT"]; data: { requestId: string; clientCount: number } }
  | { type: Types["BROADCAST_ACK"]; data: { requestId: string; packet: unknown } };

const RESPONSES: ReadonlySet<number> = new Set([
  MessageType.FETCH_SOCKETS_RESPONSE,
  MessageType.SERVER_SIDE_EMIT_RESPONSE,
  MessageType.BROADCAST_CLIENT_COUNT,
  MessageType.BROADCAST_ACK,
]);

/** Where there is one channel for everything, responses come on it like messages. */
export function isResponse(message: ClusterMessage | ClusterResponse): message is ClusterResponse {
  return RESPONSES.has(message.type);
}

const ID_BYTES = 8;

/** For servers and requests: 64 random bits, so that no two ever meet. */
export function createClusterId(): string {
  return randomBytes(ID_BYTES).toString("hex");
}

/** For other servers. The flag `local` is never in it, for then nothing is sent. */
export function toClusterOptions(options: BroadcastOptions): ClusterOptions {
  return { rooms: [...options.rooms], except: [...(options.except ?? [])], flags: { ...options.flags } };
}

/** From another server. Throws a TypeError when it is none of these. */
export function fromClusterOptions(options: ClusterOptions): BroadcastOptions {
  return {
    rooms: new Set(listOf(options.rooms)),
    except: new Set(listOf(options.except)),
    flags: { ...options.flags },
  };
}

// A text has an iterator too, and would be a room a letter.
function listOf(rooms: unknown): Room[] {
  if (!Array.isArray(rooms)) throw new TypeError("rooms and exceptions are lists");
  return rooms as Room[];
}

/** The part of a packet that is the same on every server; a copy, for each server writes into its own. */
export function toClusterPacket(packet: Packet): ClusterPacket {
  const data: unknown = packet.data;
  return { type: packet.type, data: Array.isArray(data) ? [...(data as unknown[])] : data };
}

export function fromClusterPacket(packet: ClusterPacket, nsp: string): Packet {
  return { ...toClusterPacket({ ...packet, nsp }), nsp };
}
