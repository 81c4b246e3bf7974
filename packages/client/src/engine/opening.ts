// Opening: which transports a session that opens is trying, each by a handshake of its own, and which of them wins. One after the other
// as a rule; with `tryAllTransports` the next also beside one that is silent; with the strategy "race" all at once. Made by the link.
import type { EnginePacket, HandshakeData } from "@everwire/protocol";
import { parseHandshake } from "#codec";
import { TransportError } from "../errors.js";
import type { ResolvedOptions } from "./options.js";
import type { Timer } from "./timers.js";
import type { AvailableTransport, TransportList } from "./transport-list.js";
import type { Transport, TransportHandler } from "./transports/transport.js";

/** What it needs of its link; a failure comes when no transport is left that could be tried. */
export interface OpeningHandler extends Pick<TransportHandler, "onError" | "onClose"> {
  /** A transport for the next try, not opened yet. */
  onTry(available: AvailableTransport): Transport;
  /** The server has answered over this one first, with this packet. The others are closed. */
  onWin(transport: Transport, packet: EnginePacket, handshake: HandshakeData): void;
}

export interface Opening {
  /** Those that are being opened, the first that was started first. When all have failed, the last. */
  readonly tried: readonly Transport[];
  /** The session is closed, or has a transport, which goes on. The server may have a session for each of the others by now, and is told. */
  stop(winner?: Transport): void;
}

/**
 * How long a transport may be silent before the next is started beside it. A proxy may accept a WebSocket and never answer. This is the
 * handshake of TCP, TLS and HTTP at a round trip of 200 ms, and leaves the other transport the time to bring a message within 1.5 s.
 */
const HEDGE_MS = 800;

export function startOpening(opts: ResolvedOptions, list: TransportList, handler: OpeningHandler): Opening {
  const { available, first } = list;
  const isRace = opts.strategy === "race";
  const waiting = available.slice(0, isRace || opts.tryAllTransports ? available.length : 1);
  const tried: Transport[] = [];
  let timer: Timer;

  const start = (): void => {
    opts.clearTimeoutFn(timer);
    const entry = waiting.shift();
    if (!entry) return;
    const transport = handler.onTry(entry);
    tried.push(transport);
    /** It has failed. Goes on with the others, if there are any. */
    const isLast = (): boolean => {
      if (tried.length + waiting.length < 2) return true;
      available.splice(available.indexOf(entry), 1);
      tried.splice(tried.indexOf(transport), 1);
      close(transport);
      start();
      return false;
    };
    const own: TransportHandler = {
      onOpen: () => undefined,
      onDrain: () => undefined,
      onPacket: (packet) => {
        let handshake: HandshakeData;
        try {
          handshake = parseHandshake(packet.type === "open" && packet.data);
        } catch (error) {
          own.onError(new TransportError("invalid handshake", error, undefined, error));
          return;
        }
        stop(transport);
        handler.onWin(transport, packet, handshake);
      },
      onError: (error) => isLast() && handler.onError(error),
      onClose: (details, isFinal) => isLast() && handler.onClose(details, isFinal),
    };
    transport.handler = own;
    transport.open();
    // What won the last time has a start over the others.
    if (isRace && entry[0] !== first) start();
    else timer = opts.setTimeoutFn(start, HEDGE_MS);
  };

  const stop = (winner?: Transport): void => {
    opts.clearTimeoutFn(timer);
    waiting.length = 0;
    tried.forEach((transport) => transport === winner || close(transport));
  };

  start();
  return { tried, stop };
}

function close(transport: Transport): void {
  transport.handler = undefined;
  transport.close();
}
