// The `parser` option of server and client: an object with an Encoder and a Decoder. The layers above read packets through
// createReader, which hides whether the parser is the default one (PacketReader, no emitter) or the user's own.
import type { BinaryData } from "./binary.js";
import { Encoder } from "./encoder.js";
import { Decoder } from "./decoder.js";
import { PacketReader } from "./packet-reader.js";
import type { PacketReaderOptions } from "./packet-reader.js";
import type { Packet } from "./socket-packet.js";

/** What the layers need of an encoder: a list of texts and binary entries, sent in this order. */
export interface PacketEncoder {
  encode(packet: Packet): (string | BinaryData)[];
}

/** What the layers need of a decoder: "decoded" for each whole packet; `add` throws on a bad chunk. */
export interface PacketDecoder {
  on(event: "decoded", listener: (packet: Packet) => void): unknown;
  add(chunk: string | BinaryData): void;
  destroy?(): void;
}

export interface Parser {
  Encoder: new () => PacketEncoder;
  Decoder: new () => PacketDecoder;
}

/** The read side of one connection. */
export interface Reader {
  /** True while a packet's attachments are outstanding; always false for a custom parser, which keeps that to itself. */
  readonly waiting: boolean;
  /** Hands each packet that this chunk completes to the owner; throws on a bad chunk. */
  read(chunk: string | BinaryData): void;
  destroy(): void;
}

/** The parser that is used when no other was given. */
export const defaultParser: Parser = { Encoder, Decoder };

/** Opens the read side of a connection; `undefined` stands for the default parser. */
export function createReader(
  parser: Parser | undefined,
  onPacket: (packet: Packet) => void,
  options?: PacketReaderOptions,
): Reader {
  // Not compared with the default Decoder, which would bring it and its emitter into every bundle of the client.
  return parser === undefined ? new DirectReader(onPacket, options) : new CustomReader(parser, onPacket);
}

class DirectReader implements Reader {
  readonly #reader: PacketReader;
  readonly #onPacket: (packet: Packet) => void;

  constructor(onPacket: (packet: Packet) => void, options?: PacketReaderOptions) {
    this.#reader = new PacketReader(options);
    this.#onPacket = onPacket;
  }

  get waiting(): boolean {
    return this.#reader.waiting;
  }

  read(chunk: string | BinaryData): void {
    const packet = this.#reader.read(chunk);
    if (packet !== undefined) this.#onPacket(packet);
  }

  destroy(): void {
    this.#reader.destroy();
  }
}

class CustomReader implements Reader {
  readonly #decoder: PacketDecoder;
  readonly waiting = false;

  constructor(parser: Parser, onPacket: (packet: Packet) => void) {
    this.#decoder = new parser.Decoder();
    this.#decoder.on("decoded", onPacket);
  }

  read(chunk: string | BinaryData): void {
    this.#decoder.add(chunk);
  }

  destroy(): void {
    this.#decoder.destroy?.();
  }
}
