// TransportPort: what the contract suite sees of a transport, whichever side and engine it belongs to: the shapes of server and
// client differ in details (arguments of a call, who closes after an error), and these two adapters even them out.
import type { Transport as ClientTransport } from "@everwire/client/engine";
import { OutgoingPacket, type Transport as ServerTransport } from "@everwire/server/engine";
import { Inbox } from "./inbox.js";

export type PortData = string | Buffer;

/** What a layer above is told, in order. */
export type PortEvent =
  | { readonly event: "packet"; readonly type: string; readonly data: PortData | undefined }
  | { readonly event: "drain" }
  | { readonly event: "error"; readonly error: Error }
  | { readonly event: "close" };

export interface TransportPort {
  readonly name: string;
  readonly readyState: string;
  readonly writable: boolean;
  /** Everything that was reported, also what was taken from `events`. */
  readonly log: readonly PortEvent[];
  readonly events: Inbox<PortEvent>;
  /** Sends messages as one batch. */
  send(...messages: PortData[]): void;
  close(): void;
}

class Recorder {
  readonly log: PortEvent[] = [];
  readonly events = new Inbox<PortEvent>("an event of the transport");

  report(event: PortEvent): void {
    this.log.push(event);
    this.events.push(event);
  }
}

/** The members that the engine keeps to itself. */
interface ServerInternals {
  handler: object | undefined;
  send(packets: readonly OutgoingPacket[]): void;
  close(discard?: boolean): void;
}

/** Takes a server transport from its session: from now on the port is the layer above. */
export function serverPort(transport: ServerTransport): TransportPort {
  const recorder = new Recorder();
  const internals = transport as unknown as ServerInternals;
  internals.handler = {
    onPacket: (type: string, data: unknown): void => {
      recorder.report({ event: "packet", type, data: toPortData(data) });
    },
    onReady: (): void => undefined,
    onDrain: (): void => {
      recorder.report({ event: "drain" });
    },
    onError: (error: Error): void => {
      recorder.report({ event: "error", error });
      // As a session does: whoever is told of an error closes.
      internals.handler = undefined;
      internals.close(true);
    },
    onClose: (): void => {
      recorder.report({ event: "close" });
    },
  };
  return {
    log: recorder.log,
    events: recorder.events,
    get name() {
      return transport.name;
    },
    get readyState() {
      return transport.readyState;
    },
    get writable() {
      return transport.writable;
    },
    send: (...messages) => {
      internals.send(messages.map((data) => new OutgoingPacket("message", data)));
    },
    close: () => {
      internals.close();
    },
  };
}

/** Takes a client transport from its session. */
export function clientPort(transport: ClientTransport): TransportPort {
  const recorder = new Recorder();
  transport.handler = {
    onOpen: () => undefined,
    onPacket: ({ type, data }) => {
      recorder.report({ event: "packet", type, data: toPortData(data) });
    },
    onDrain: () => {
      recorder.report({ event: "drain" });
    },
    onError: (error) => {
      recorder.report({ event: "error", error });
      transport.handler = undefined;
      transport.close();
    },
    onClose: () => {
      recorder.report({ event: "close" });
    },
  };
  return {
    log: recorder.log,
    events: recorder.events,
    get name() {
      return transport.name;
    },
    get readyState() {
      return transport.readyState;
    },
    get writable() {
      return transport.writable;
    },
    send: (...messages) => {
      transport.send(messages.map((data) => ({ type: "message", data })));
    },
    close: () => {
      // The session lets go of a transport that it closes: nothing is heard of it any more.
      transport.handler = undefined;
      transport.close();
    },
  };
}

function toPortData(data: unknown): PortData | undefined {
  if (data === undefined || typeof data === "string" || Buffer.isBuffer(data)) return data;
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw new TypeError("failed to read a packet: its data is neither text nor binary");
}
