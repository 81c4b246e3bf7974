// Types of a session's events for users, and the handler of the one layer above. No code comes out of this file.
import type { CloseReason, EnginePacket, HandshakeData, RawData } from "@everwire/protocol";
import type { CloseDetails, Transport } from "./transports/transport.js";
import type { TransportError } from "../errors.js";

/** Why a session closed, beside the reason: the error, or what the transport tells of its end. */
export type DisconnectDetails = CloseDetails | Error;

/** The layer above: the Manager. Each call comes before the event of the same meaning. */
export interface SessionHandler {
  onOpen(): void;
  onMessage(data: RawData): void;
  onPing?(): void;
  onDrain?(): void;
  /** The connection broke; what is sent waits until the session is resumed, or closes. */
  onSuspend?(reason: CloseReason, details?: CloseDetails | Error): void;
  onResume?(summary: ResumeSummary): void;
  /** A close follows, unless there was no transport to begin with. */
  onError(error: Error): void;
  onClose(reason: CloseReason, details?: DisconnectDetails): void;
}

/** How a session came back. */
export interface ResumeSummary {
  /** Messages that were sent again. */
  readonly replayed: number;
}

export interface SessionEvents {
  open: () => void;
  handshake: (data: HandshakeData) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: EnginePacket) => void;
  message: (data: RawData) => void;
  data: (data: RawData) => void;
  drain: () => void;
  flush: () => void;
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: TransportError) => void;
  suspend: (reason: CloseReason, details?: CloseDetails | Error) => void;
  resume: (summary: ResumeSummary) => void;
  error: (error: Error | string) => void;
  close: (reason: CloseReason, details?: DisconnectDetails) => void;
}

export interface SendOptions {
  /** Compress this message where the transport can; default true. */
  compress?: boolean;
  /** Not worth to be sent again when the connection breaks on the way; default false. */
  volatile?: boolean;
}
