// What a connection needs of the session below. Our own session fits as it is; a session of another engine (`io.bind`)
// speaks through its emitter, and is dressed up here.
import type { EventEmitter } from "node:events";
import type { CloseReason } from "@everwire/protocol";
import type { OutgoingPacket } from "./engine/outgoing-packet.js";
import { Session, type SessionHandler } from "./engine/session.js";

export interface SessionPort {
  readonly readyState: string;
  /** A volatile packet may go now. */
  readonly writable: boolean;
  /** Bytes that wait; unknown of another engine's session. */
  readonly bufferedBytes?: number;
  /** Nothing waits, and the transport has taken what was sent; unknown of another engine's session. */
  readonly isIdle?: boolean;
  /** So much waits that the handler will be told when that is over. */
  readonly needsDrain?: boolean;
  sendPacket(packet: OutgoingPacket): void;
  /** The parts of one message: all of them go, or none. */
  sendPackets(packets: readonly OutgoingPacket[]): void;
  /** `why` is the name of a reason, for a client that can still be told. */
  close(discard?: boolean, why?: string): unknown;
}

/** A session of an engine that has the interface of Engine.IO's, by name. */
export interface ForeignSession extends EventEmitter {
  readonly id: string;
  readonly readyState: string;
  readonly transport: { readonly writable: boolean };
  send(data: unknown, options?: object): unknown;
  close(discard?: boolean): unknown;
}

/** Connects `handler` to a session, and gives the side that it writes to. */
export function openPort(session: Session | ForeignSession, handler: SessionHandler): SessionPort {
  if (session instanceof Session) {
    session.handler = handler;
    return session;
  }
  return new ForeignPort(session, handler);
}

class ForeignPort implements SessionPort {
  readonly #session: ForeignSession;

  constructor(session: ForeignSession, handler: SessionHandler) {
    this.#session = session;
    session.on("data", (data: string | Buffer) => handler.onMessage(data));
    session.on("close", (reason: CloseReason, description?: unknown) => handler.onClose(reason, description));
    // The `close` behind it says what there is to say.
    session.on("error", () => undefined);
  }

  get readyState(): string {
    return this.#session.readyState;
  }

  get writable(): boolean {
    return this.#session.readyState === "open" && this.#session.transport.writable;
  }

  sendPacket(packet: OutgoingPacket): void {
    const { compress, volatile } = packet.options;
    // An object of its own: some engines write their defaults into what they are given.
    this.#session.send(packet.data, { compress, volatile });
  }

  sendPackets(packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) this.sendPacket(packet);
  }

  close(discard?: boolean): unknown {
    return this.#session.close(discard);
  }
}
