// Encodes what a transport was given to send. A Blob, or in browsers any binary data that has to be text, takes its time: what comes after it
// waits, so that order is kept.
import type { EnginePacket, RawData } from "@everwire/protocol";
import { encodeEnginePacket } from "#codec";

/** Calls back once, with one part a packet, one packet at least: at once where nothing takes its time. */
export function encodeAll(
  packets: readonly EnginePacket[],
  supportsBinary: boolean,
  callback: (parts: RawData[]) => void,
): void {
  const parts: RawData[] = [];
  let left = packets.length;
  packets.forEach((packet, index) =>
    encodeEnginePacket(packet, supportsBinary, (part) => {
      parts[index] = part;
      if (!--left) callback(parts);
    }),
  );
}
