// Messages of many sessions in, Socket.IO packets out. A packet without attachments needs no memory between messages, so
// all connections of a server read through one reader; only a connection that waits for attachments keeps one to itself.
import {
  createReader,
  Decoder,
  type Packet,
  PacketReader,
  type PacketReaderOptions,
  type Parser,
} from "@everwire/protocol";

/** A connection, as its intake sees it. */
export interface IntakeOwner {
  /** Its own reader: while attachments are outstanding, or always with a parser of the user. */
  reader: { readonly waiting: boolean; destroy(): void } | undefined;
  onDecoded(packet: Packet): void;
}

export class PacketIntake {
  readonly #options: PacketReaderOptions;
  readonly #custom: Parser | undefined;
  #shared: PacketReader;

  constructor(parser: Parser | undefined, options: PacketReaderOptions) {
    this.#options = options;
    this.#custom = parser === undefined || parser.Decoder === Decoder ? undefined : parser;
    this.#shared = new PacketReader(options);
  }

  /** Reads one message; throws when it is no packet, and then nothing of it is kept. */
  read(owner: IntakeOwner, chunk: string | Buffer): void {
    if (this.#custom !== undefined) {
      this.#readCustom(this.#custom, owner, chunk);
      return;
    }
    const reader = owner.reader instanceof PacketReader ? owner.reader : this.#shared;
    owner.reader = undefined;
    const packet = reader.read(chunk);
    if (packet !== undefined) {
      owner.onDecoded(packet);
      return;
    }
    owner.reader = reader;
    if (reader === this.#shared) this.#shared = new PacketReader(this.#options);
  }

  #readCustom(parser: Parser, owner: IntakeOwner, chunk: string | Buffer): void {
    const own = owner.reader;
    const reader =
      own !== undefined && "read" in own
        ? (own as ReturnType<typeof createReader>)
        : createReader(parser, (packet) => owner.onDecoded(packet));
    owner.reader = reader;
    reader.read(chunk);
  }
}
