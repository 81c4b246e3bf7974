// One packet through the parser of either peer, in both directions.
import type { Peer } from "./peers.js";

export interface Packet {
  type: number;
  nsp: string;
  data?: unknown;
  id?: number;
}

export type Chunk = string | ArrayBufferView | ArrayBuffer;

export const encode = (peer: Peer, packet: Packet, replacer?: (key: string, value: unknown) => unknown): Chunk[] =>
  new peer.protocol.Encoder(replacer).encode(packet as never) as Chunk[];

export function decode(peer: Peer, chunks: readonly unknown[], options?: object): Packet[] {
  const decoder = new peer.protocol.Decoder(options as never);
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet as Packet));
  for (const chunk of chunks) decoder.add(chunk as string);
  return packets;
}

export const bytes = (...values: number[]): Buffer => Buffer.from(values);
