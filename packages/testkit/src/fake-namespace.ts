// FakeNamespace: what an adapter sees of the server, and nothing more: sockets that record what is written to them, the real
// encoder, no network. The adapter contract runs on it.
import { Encoder } from "@everwire/protocol";
import type { AdapterContract, AdapterNamespace, AdapterSocket, RecoveryLimits } from "@everwire/server/adapter";

type EncodedPacket = Parameters<AdapterSocket["client"]["writeToEngine"]>[0];
type WriteOptions = Parameters<AdapterSocket["client"]["writeToEngine"]>[1];
type OutgoingListener = NonNullable<AdapterSocket["notifyOutgoingListeners"]>;

export interface Written {
  readonly encoded: EncodedPacket;
  readonly options: WriteOptions;
}

export class FakeSocket implements AdapterSocket {
  readonly id: string;
  readonly handshake = { query: {}, headers: {} };
  readonly acks = new Map<number, (...args: unknown[]) => void>();
  readonly client: AdapterSocket["client"];
  data: unknown = {};
  /** Everything that was written, in order. */
  readonly written: Written[] = [];
  /** Packets that catch-all listeners of outgoing packets were told of. */
  readonly noticed: unknown[] = [];
  /** The argument of each `disconnect`. */
  readonly disconnects: (boolean | undefined)[] = [];
  readonly #nsp: FakeNamespace;

  constructor(nsp: FakeNamespace, id: string) {
    this.#nsp = nsp;
    this.id = id;
    this.client = {
      writeToEngine: (encoded, options) => {
        this.written.push({ encoded, options });
      },
    };
  }

  get rooms(): Set<string> {
    return this.#nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  join(rooms: string | string[]): Promise<void> | void {
    return this.#nsp.adapter.addAll(this.id, new Set(typeof rooms === "string" ? [rooms] : rooms));
  }

  leave(room: string): Promise<void> | void {
    return this.#nsp.adapter.del(this.id, room);
  }

  disconnect(close?: boolean): this {
    this.disconnects.push(close);
    this.#nsp.sockets.delete(this.id);
    this.#nsp.adapter.delAll(this.id);
    return this;
  }

  notifyOutgoingListeners(packet: Parameters<OutgoingListener>[0]): void {
    this.noticed.push(packet);
  }

  /** Event name and arguments of everything that was written as text. */
  get events(): unknown[][] {
    return this.written.map((written) => decode(textOf(written)));
  }
}

export class FakeNamespace implements AdapterNamespace {
  readonly name: string;
  readonly sockets = new Map<string, FakeSocket>();
  readonly server: AdapterNamespace["server"];
  _ids = 0;
  /** What other servers emitted to this one. */
  readonly serverSideEvents: unknown[][] = [];
  #adapter: AdapterContract | undefined;

  constructor(name: string, recovery?: RecoveryLimits) {
    this.name = name;
    this.server = { encoder: new Encoder(), opts: { connectionStateRecovery: recovery } };
  }

  get adapter(): AdapterContract {
    if (this.#adapter === undefined) throw new Error("failed to use the namespace: it has no adapter yet");
    return this.#adapter;
  }

  set adapter(adapter: AdapterContract) {
    this.#adapter = adapter;
  }

  /** A connected socket in its own room and these others. */
  async connect(id: string, ...rooms: string[]): Promise<FakeSocket> {
    const socket = new FakeSocket(this, id);
    this.sockets.set(id, socket);
    await this.adapter.addAll(id, new Set([id, ...rooms]));
    return socket;
  }

  _onServerSideEmit(args: unknown[]): void {
    this.serverSideEvents.push(args);
  }
}

/** The text of what was written: its first part. */
export function textOf(written: Written | undefined): string {
  const text = written?.encoded[0];
  if (typeof text !== "string") throw new TypeError("failed to read a packet: it does not begin with a text");
  return text;
}

/** The payload of an encoded packet, its attachments left as placeholders. */
export function decode(text: string): unknown[] {
  return JSON.parse(text.slice(text.indexOf("["))) as unknown[];
}
