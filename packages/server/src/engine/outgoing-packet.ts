// A packet on its way out. It is made once and never changed, so one object may wait in the queues of thousands of sessions:
// a broadcast allocates nothing for each recipient. Made by the session (`send`) and by adapters (`sendPacket`).
import { EverwireError, isBinary, isBlob } from "@everwire/protocol";
import type { BlobLike, EnginePacketType, RawData } from "@everwire/protocol";

export interface PacketOptions {
  /** Compress it where compression was negotiated; default true. */
  readonly compress: boolean;
  /** Lost without regret when it can't go at once; who sends it checks `session.writable` first. */
  readonly volatile?: boolean | undefined;
  /** A ready WebSocket frame for it, as a list of buffers; used unless permessage-deflate was negotiated. */
  readonly wsPreEncodedFrame?: readonly Buffer[];
  /** It was encoded once for many sessions. */
  readonly preEncoded?: boolean;
  /** Set on one of those that has no attachments behind it. @internal */
  readonly isAlone?: boolean;
}

const DEFAULT_OPTIONS: PacketOptions = Object.freeze({ compress: true });
const NOT_COMPRESSED: PacketOptions = Object.freeze({ compress: false });
const VOLATILE: PacketOptions = Object.freeze({ compress: true, volatile: true });
const VOLATILE_NOT_COMPRESSED: PacketOptions = Object.freeze({ compress: false, volatile: true });

/** The options for the flags of an emit; nothing for the usual ones. */
export function optionsOf(flags: {
  volatile?: boolean | undefined;
  compress?: boolean | undefined;
}): PacketOptions | undefined {
  if (flags.volatile === true) return flags.compress === false ? VOLATILE_NOT_COMPRESSED : VOLATILE;
  return flags.compress === false ? NOT_COMPRESSED : undefined;
}

/** Text or bytes. A Blob would have to be read first, and a packet does not wait. */
export type OutgoingData = Exclude<RawData, BlobLike>;

/** One packet, immutable, ready to be queued on any number of sessions. */
export class OutgoingPacket {
  readonly type: EnginePacketType;
  readonly data: OutgoingData | undefined;
  readonly options: PacketOptions;

  /** What a transport keeps once it sees the packet a second time: its WebSocket frame, its text in a payload. @internal */
  frame: Buffer | undefined = undefined;
  /** @internal */ text: string | undefined = undefined;
  /** Transports that this packet passed through. @internal */ uses = 0;

  #alone: readonly [OutgoingPacket] | undefined = undefined;
  #byteLength = -1;

  /** Throws ERR_UNSUPPORTED_DATA for what is neither text nor bytes. */
  constructor(type: EnginePacketType, data?: RawData, options: PacketOptions = DEFAULT_OPTIONS) {
    if (typeof data === "object" && !isBytes(data)) throw unsupported(data);
    this.type = type;
    this.data = data;
    this.options = options;
  }

  /** Never sent again. @internal */
  get isVolatile(): boolean {
    return this.options.volatile === true;
  }

  /** The list of nothing but it: what a room is sent waits in one list, and not in one for each socket. @internal */
  get alone(): readonly [OutgoingPacket] {
    return (this.#alone ??= [this]);
  }

  /** Whether this list is that one. @internal */
  hasAlone(list: readonly OutgoingPacket[]): boolean {
    return list === this.#alone;
  }

  /** @internal */
  get isBinary(): boolean {
    return typeof this.data === "object";
  }

  /** Bytes of the data, without the type and without framing. Measured once. */
  get byteLength(): number {
    if (this.#byteLength === -1) this.#byteLength = measure(this.data);
    return this.#byteLength;
  }
}

function measure(data: OutgoingData | undefined): number {
  if (data === undefined) return 0;
  return typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
}

function isBytes(data: unknown): data is Exclude<OutgoingData, string> {
  return isBinary(data) && !isBlob(data);
}

function unsupported(data: object): EverwireError {
  const advice = isBlob(data) ? "a Blob can't be read at once, send its arrayBuffer()" : "it is neither text nor bytes";
  return new EverwireError("ERR_UNSUPPORTED_DATA", `failed to send packet: ${advice}`);
}

/** What users may send: text, bytes in any form, or something that goes out as its text. */
export type MessageData = RawData | number | null | undefined;

/** A message with the options that a user gave. */
export function createMessage(data: MessageData, options?: Partial<PacketOptions>): OutgoingPacket {
  return new OutgoingPacket("message", toMessageData(data), options ? { compress: true, ...options } : undefined);
}

// Numbers and objects go out as their text, and nothing at all as an empty message.
function toMessageData(data: MessageData): RawData {
  if (typeof data === "string" || isBinary(data)) return data;
  return data ? String(data) : "";
}

/** Packets without data are always the same ones. */
export const NOOP = new OutgoingPacket("noop");
export const PING = new OutgoingPacket("ping");
export const PONG = new OutgoingPacket("pong");
export const CLOSE = new OutgoingPacket("close");
export const PROBE_PONG = new OutgoingPacket("pong", "probe");

/** The bytes of binary data, without copying them. */
export function toBuffer(data: Exclude<OutgoingData, string>): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
