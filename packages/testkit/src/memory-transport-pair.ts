// A transport of the server and one of the client, joined in memory: no sockets, no timers, so that the state machines above
// them can be tested with fake clocks. Both have the shape that sessions know; the same contract suite runs over them and over the real ones.
import { Transport as ClientTransportBase, type TransportOptions } from "@everwire/client/engine";
import { Transport as ServerTransportBase, TransportError as ServerError } from "@everwire/server/engine";
import { MemoryLane, type MemoryPacket } from "./memory-lane.js";

type ServerContext = ConstructorParameters<typeof ServerTransportBase>[0];
/** A class as the client's option `transportImplementations` takes it. */
export type ClientTransportClass = new (options: TransportOptions) => ClientTransportBase;

/** What the server's transport calls; its own declaration is internal to the engine. */
interface ServerHandler {
  onPacket(type: MemoryPacket["type"], data: unknown): void;
  onReady(): void;
  onDrain(): void;
}

/** The wire between the two. Holding a lane is a side that does not read. */
export class MemoryWire {
  readonly toServer = new MemoryLane();
  readonly toClient = new MemoryLane();
  /** @internal */ server: MemoryServerTransport | undefined;
  /** @internal */ client: MemoryClientTransport | undefined;

  /** Breaks the wire: what was under way is lost, both sides get an error. */
  break(): void {
    this.toServer.drop();
    this.toClient.drop();
    this.server?.onBreak();
    this.client?.onBreak();
  }

  /** The client's half as a class that a session can make by itself. */
  get clientTransport(): ClientTransportClass {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the class below has a `this` of its own
    const wire = this;
    return class extends MemoryClientTransport {
      constructor(options: TransportOptions) {
        super(options, wire);
      }
    };
  }
}

export class MemoryServerTransport extends ServerTransportBase {
  readonly #wire: MemoryWire;
  #isSending = false;
  #sendingBytes = 0;

  constructor(context: ServerContext, wire: MemoryWire) {
    super(context, true);
    this.#wire = wire;
    wire.server = this;
    wire.toServer.receiver = ({ type, data }) => {
      this.#upper?.onPacket(type, data);
    };
  }

  /** It stands in for a connection that needs no upgrade. */
  get name(): "websocket" {
    return "websocket";
  }

  get writable(): boolean {
    return !this.#isSending && this.readyState === "open";
  }

  get bufferedBytes(): number {
    return this.#sendingBytes;
  }

  send(packets: readonly (MemoryPacket & { readonly byteLength: number })[]): void {
    this.#isSending = true;
    this.#sendingBytes = packets.reduce((sum, packet) => sum + packet.byteLength, 0);
    this.#wire.toClient.send(packets, () => {
      this.#isSending = false;
      this.#sendingBytes = 0;
      this.#upper?.onDrain();
      this.#upper?.onReady();
    });
  }

  protected doClose(discard: boolean): void {
    const { client, toClient } = this.#wire;
    const end = (): void => {
      client?.onPeerClose();
    };
    if (discard) queueMicrotask(end);
    else toClient.finish(end);
    this.closed(false);
  }

  onPeerClose(): void {
    this.closed(true);
  }

  onBreak(): void {
    this.fail(new ServerError("ERR_WEBSOCKET_FAILED", "failed to read the memory wire: it broke"));
  }

  get #upper(): ServerHandler | undefined {
    return (this as unknown as { handler: ServerHandler | undefined }).handler;
  }
}

export class MemoryClientTransport extends ClientTransportBase {
  readonly #wire: MemoryWire;

  constructor(options: TransportOptions, wire: MemoryWire) {
    super(options);
    this.#wire = wire;
  }

  get name(): string {
    return "memory";
  }

  open(): this {
    const { toClient } = this.#wire;
    this.#wire.client = this;
    toClient.receiver = (packet) => {
      this.#receive(packet);
    };
    queueMicrotask(() => {
      if (this.readyState === "opening") this.onOpen();
    });
    return this;
  }

  send(packets: MemoryPacket[]): void {
    this.writable = false;
    this.#wire.toServer.send(packets, () => {
      if (this.readyState !== "open") return;
      this.writable = true;
      this.handler?.onDrain();
    });
  }

  close(): this {
    if (this.readyState === "closing" || this.readyState === "closed") return this;
    this.moveTo("closing");
    this.writable = false;
    this.#wire.toServer.finish(() => {
      this.moveTo("closed");
      this.#wire.server?.onPeerClose();
    });
    return this;
  }

  onPeerClose(): void {
    if (this.readyState === "open" || this.readyState === "opening") {
      this.onClose({ description: "memory wire closed by the server" });
    }
  }

  onBreak(): void {
    if (this.readyState === "open" || this.readyState === "opening") {
      this.onError("memory wire error", "the wire broke");
    }
  }

  #receive({ type, data }: MemoryPacket): void {
    if (this.readyState !== "open") return;
    const handler = this.handler as { onPacket(packet: { type: string; data?: unknown }): void } | undefined;
    if (data === undefined) handler?.onPacket({ type });
    else if (Buffer.isBuffer(data) && this.opts.binaryType === "arraybuffer") {
      handler?.onPacket({ type, data: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) });
    } else handler?.onPacket({ type, data });
  }
}

export interface MemoryTransportPair {
  readonly wire: MemoryWire;
  readonly server: MemoryServerTransport;
  readonly client: MemoryClientTransport;
}

/** Both transports, the client's not yet open. `context` is the engine server; `options` what the client's transport reads. */
export function memoryTransportPair(
  context: ServerContext | object = {},
  options: Partial<TransportOptions> = {},
): MemoryTransportPair {
  const wire = new MemoryWire();
  const server = new MemoryServerTransport(context as ServerContext, wire);
  const client = new MemoryClientTransport(
    { binaryType: "nodebuffer", query: {}, ...options } as unknown as TransportOptions,
    wire,
  );
  return { wire, server, client };
}
