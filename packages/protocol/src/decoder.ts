// The public shape of the read side, as users of a Socket.IO parser know it: an emitter of "decoded" around a PacketReader.
// The layers of this project read with PacketReader itself; this is for users, and the shape that a custom parser has to have.
import { EventEmitter } from "eventemitter3";
import type { Base64Data, BinaryData } from "./binary.js";
import { PacketReader } from "./packet-reader.js";
import type { PacketReaderOptions, Reviver } from "./packet-reader.js";
import type { Packet } from "./socket-packet.js";

export interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

export class Decoder extends EventEmitter<DecoderEvents> {
  readonly #reader: PacketReader;

  constructor(optionsOrReviver?: PacketReaderOptions | Reviver) {
    super();
    this.#reader = new PacketReader(
      typeof optionsOrReviver === "function" ? { reviver: optionsOrReviver } : optionsOrReviver,
    );
  }

  /** Takes one chunk; emits "decoded" when a packet is whole, throws a ProtocolError when the chunk is wrong. */
  add(chunk: string | BinaryData | Base64Data): void {
    const packet = this.#reader.read(chunk);
    if (packet !== undefined) this.emit("decoded", packet);
  }

  /** Forgets a half-received binary packet; decoding can go on. */
  destroy(): void {
    this.#reader.destroy();
  }
}
