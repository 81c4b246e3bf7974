// One message of the session in, one packet out: MessagePack needs no attachments, so nothing is kept between messages. What a packet may
// say is as in the default parser (Socket.IO protocol v5, "Packet types"). Called by the decoder, and by the client's bundle.
import { isPacketValid, MAX_DATA_DEPTH, type Packet, PacketType, ProtocolError } from "@everwire/protocol";
import { ValueReader } from "./value-reader.js";

const HIGHEST_TYPE = PacketType.CONNECT_ERROR;

export class PacketReader {
  /** Reads a message; throws a ProtocolError if it is no packet. */
  read(chunk: unknown): Packet {
    const { type, nsp, data, id } = readMap(chunk);
    if (typeof type !== "number" || !Number.isInteger(type) || type < 0 || type > HIGHEST_TYPE)
      throw new ProtocolError(
        "ERR_UNKNOWN_PACKET_TYPE",
        `unknown packet type ${typeof type === "number" ? type : "NaN"}`,
      );
    // Some senders write out what is not there: undefined, or null.
    const packet: Packet = { type: type as PacketType, nsp: (nsp ?? "/") as string };
    if (data !== undefined && data !== null) packet.data = data;
    if (id !== undefined && id !== null) packet.id = id as number;
    const isIdValid = packet.id === undefined || (Number.isSafeInteger(id) && (id as number) >= 0);
    if (!isIdValid || !isPacketValid(packet) || !packet.nsp.startsWith("/")) throw invalidPayload();
    return packet;
  }
}

function readMap(chunk: unknown): Record<string, unknown> {
  const isView = ArrayBuffer.isView(chunk);
  if (!isView && Object.prototype.toString.call(chunk) !== "[object ArrayBuffer]")
    throw new ProtocolError("ERR_UNKNOWN_CHUNK", `Unknown type: ${typeof chunk}`);
  // The packet itself is a level.
  const options = { maxDepth: MAX_DATA_DEPTH + 1, givesArrayBuffers: !isView };
  let value: unknown;
  try {
    value = new ValueReader(isView ? asBytes(chunk) : new Uint8Array(chunk as ArrayBuffer), options).readAll();
  } catch (cause) {
    throw invalidPayload(cause);
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") throw invalidPayload();
  return value as Record<string, unknown>;
}

/** A Buffer stays one, and so do the binary values in it. */
function asBytes(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function invalidPayload(cause?: unknown): ProtocolError {
  return new ProtocolError("ERR_INVALID_PAYLOAD", "invalid payload", cause === undefined ? undefined : { cause });
}
