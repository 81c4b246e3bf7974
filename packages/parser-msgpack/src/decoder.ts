// The public shape of the read side, which the `parser` option asks for: an emitter of "decoded" around a PacketReader.
import type { Packet } from "@everwire/protocol";
import { EventEmitter } from "eventemitter3";
import { PacketReader } from "./packet-reader.js";

export interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

export class Decoder extends EventEmitter<DecoderEvents> {
  readonly #reader = new PacketReader();

  /** Takes one message and emits "decoded" with its packet; throws a ProtocolError when the message is none. */
  add(chunk: unknown): void {
    this.emit("decoded", this.#reader.read(chunk));
  }

  destroy(): void {
    // Nothing is kept between messages, so there is nothing to forget.
  }
}
