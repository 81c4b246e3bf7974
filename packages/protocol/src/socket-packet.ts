// The Socket.IO protocol v5 packet: its types, its shape, and the rules of what each type may carry ("Packet encoding" and
// "Packet types"). The encoder, the packet reader and the socket layers of both sides build on it.

/** Revision of the Socket.IO protocol. */
export const protocol = 5;

export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;

export type PacketType = (typeof PacketType)[keyof typeof PacketType];

export interface Packet {
  type: PacketType;
  /** Namespace, "/" for the main one. */
  nsp: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the payload is whatever the user emitted
  data?: any;
  /** Id of the acknowledgement that is asked for (EVENT) or given (ACK). */
  id?: number;
  /** Number of attachments; only in a packet that was taken apart by hand. */
  attachments?: number;
}

/** Names with a meaning of their own on a socket: a peer can't send them, a user can't emit them. */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** Whether a packet, as a user would build it by hand, can be sent: namespace, id, and data by type. Binary types are not for hands. */
export function isPacketValid(packet: Packet): boolean {
  const { type, nsp, id, data } = packet as { [Key in keyof Packet]: unknown };
  if (typeof nsp !== "string") return false;
  if (id !== undefined && !Number.isInteger(id)) return false;
  if (type === PacketType.BINARY_EVENT || type === PacketType.BINARY_ACK) return false;
  return isDataValid(type, data);
}

/** Payload rules by packet type (Socket.IO protocol v5, "Packet types"). */
export function isDataValid(type: unknown, data: unknown): boolean {
  switch (type) {
    case PacketType.EVENT:
    case PacketType.BINARY_EVENT:
      return Array.isArray(data) && isEventName(data[0]);
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return Array.isArray(data);
    case PacketType.CONNECT:
      return data === undefined || isPlainObject(data);
    case PacketType.DISCONNECT:
      return data === undefined;
    case PacketType.CONNECT_ERROR:
      return typeof data === "string" || isPlainObject(data);
    default:
      return false;
  }
}

function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !RESERVED_EVENTS.has(name) : Number.isFinite(name);
}

// Of what JSON can hold, only objects: no array, no null. A tag is used, since a reviver may give objects of any prototype.
function isPlainObject(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}
