// Public subpath `/adapter`: what an adapter is, the two that this package brings along, and
// the base classes of those that connect several servers.
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
export { ClusterAdapter } from "./cluster-adapter.js";
export { ClusterAdapterWithHeartbeat, type ClusterHeartbeatOptions } from "./cluster-heartbeat.js";
export {
  type ClusterMessage,
  type ClusterMessageBody,
  type ClusterOptions,
  type ClusterPacket,
  type ClusterResponse,
  type ClusterResponseBody,
  MessageType,
  type Offset,
  type ServerId,
  type SocketDescription,
} from "./cluster-message.js";
export { Adapter } from "./in-memory.js";
export { SessionAwareAdapter } from "./session-aware.js";
