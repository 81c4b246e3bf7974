// Public subpath `/adapter`: what an adapter is, and the two that this package brings along.
export type {
  AdapterContract,
  AdapterNamespace,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  EncodedPacket,
  PreparedPacket,
  PrivateSessionId,
  RecoveryLimits,
  Room,
  Session,
  SessionToPersist,
  SocketId,
  WriteOptions,
} from "./adapter.js";
export { Adapter } from "./in-memory.js";
export { SessionAwareAdapter } from "./session-aware.js";
