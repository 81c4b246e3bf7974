// What has to hold for any input, as functions that throw when it does not; and the notation of vectors and corpus files
// (vectors/README.md). The fuzzer runs them on the built package, the tests on the sources: both hand the package in.
import { isDeepStrictEqual } from "node:util";

const ENGINE_TYPES = new Set(["open", "close", "ping", "pong", "message", "upgrade", "noop"]);

/** A chunk as it comes off the wire: text or a Buffer. */
export function toChunk(notation) {
  if (typeof notation === "string") return notation;
  if ("hex" in notation) return Buffer.from(notation.hex, "hex");
  return notation.pieces.map((piece) => (typeof piece === "string" ? piece : piece[0].repeat(piece[1]))).join("");
}

export function fromChunk(chunk) {
  return typeof chunk === "string" ? chunk : { hex: hexOf(chunk) };
}

/** Data with bytes for `$hex` and nested lists for `$nest`. */
export function toData(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toData);
  if (Object.hasOwn(value, "$hex")) return new Uint8Array(Buffer.from(value.$hex, "hex"));
  if (Object.hasOwn(value, "$nest")) return nest(value.$nest);
  return mapObject(value, toData);
}

/** The other way round: bytes of any kind become `$hex`, and numbers become what JSON makes of them, so that data can be compared. */
export function fromData(value) {
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { $hex: hexOf(value) };
  return Array.isArray(value) ? value.map(fromData) : mapObject(value, fromData);
}

/** The checks by target; a corpus file names the one that its input is for. */
export function makeChecks(protocol) {
  const { Decoder, Encoder, PacketReader, ProtocolError } = protocol;

  const onlyProtocolError = (run) => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return error;
    }
  };

  const legacyText = ({ type, data = "" }) =>
    typeof data === "string"
      ? `${[...ENGINE_TYPES].indexOf(type)}${data}`
      : `b${protocol.LEGACY_MESSAGE_BYTE}${Buffer.from(data).toString("base64")}`;

  const readAll = (chunks) => {
    const reader = new PacketReader();
    const decoder = new Decoder();
    const packets = [];
    let emitted;
    decoder.on("decoded", (packet) => (emitted = packet));
    for (const chunk of chunks) {
      emitted = undefined;
      const result = onlyProtocolError(() => reader.read(chunk));
      const error = onlyProtocolError(() => decoder.add(chunk));
      if (result instanceof ProtocolError) {
        same("Decoder's error", error?.message, result.message);
        same("waiting after an error", reader.waiting, false);
      } else {
        same("Decoder's packet", fromData(emitted), fromData(result));
        if (result !== undefined) packets.push(result);
      }
    }
    return packets;
  };

  const encodeAndRead = (packet) => {
    const before = fromData(packet);
    const chunks = new Encoder().encode(packet);
    same("the encoder's input", fromData(packet), before);
    const packets = readAll(chunks);
    same("number of packets", packets.length, 1);
    same("the packet read back", fromData(packets[0]), before);
  };

  const checks = {
    "engine-packet": (chunks) => {
      for (const chunk of chunks) {
        for (const binaryType of [undefined, "nodebuffer", "arraybuffer"]) {
          const packet = protocol.decodeEnginePacket(chunk, binaryType);
          if (packet === undefined) continue;
          known(packet);
          protocol.encodeEnginePacket(packet, true, (encoded) => {
            const again = protocol.decodeEnginePacket(encoded, binaryType);
            same("the engine packet read back", fromData(again), fromData(packet));
          });
        }
      }
    },

    "engine-payload": (chunks) => {
      const payloads = chunks.map(String).map((text) => protocol.decodeEnginePayload(text, { maxPackets: 1000 }));
      for (const { packets, malformed } of payloads) {
        packets.forEach(known);
        if (malformed) continue;
        protocol.encodeEnginePayload(packets, (text) => {
          same("the payload read back", fromData(protocol.decodeEnginePayload(text)), fromData({ packets, malformed }));
        });
      }
      // Whole payloads can be merged: the packets are those of both.
      const whole = payloads
        .map((payload, index) => [String(chunks[index]), payload])
        .filter((pair) => !pair[1].malformed);
      if (whole.length === 0) return;
      const merged = protocol.decodeEnginePayload(whole.map(([text]) => text).join(protocol.PAYLOAD_SEPARATOR));
      same("the merged payload", fromData(merged.packets), fromData(whole.flatMap(([, { packets }]) => packets)));
    },

    "legacy-payload": (chunks) => {
      for (const chunk of chunks) {
        const decode = typeof chunk === "string" ? protocol.decodeLegacyPayload : protocol.decodeLegacyBinaryPayload;
        const { packets, malformed } = decode(chunk, { maxPackets: 1000 });
        packets.forEach(known);
        if (!malformed && packets.length === 0) throw new Error("a payload without packets came out");
        const text = protocol.encodeLegacyPayload(packets.map(legacyText));
        if (packets.length > 0)
          same("the packets read back", fromData(protocol.decodeLegacyPayload(text).packets), fromData(packets));
      }
    },

    handshake: (chunks) => {
      for (const chunk of chunks) {
        const result = onlyProtocolError(() => protocol.parseHandshake(chunk));
        if (result instanceof ProtocolError) continue;
        same(
          "the handshake read back",
          fromData(protocol.parseHandshake(protocol.formatHandshake(result))),
          fromData(result),
        );
      }
    },

    "socket-packet": (chunks) => {
      for (const packet of readAll(chunks)) {
        if (!protocol.isPacketValid(packet))
          throw new Error(`a packet that is not valid came out: ${JSON.stringify(packet)}`);
        // Data that looks like a placeholder can't be sent beside binary, whoever made it.
        if (!JSON.stringify(fromData(packet.data) ?? null).includes('"_placeholder":true')) encodeAndRead(packet);
      }
    },

    "round-trip": ([packet]) => {
      encodeAndRead({ ...packet, data: toData(packet.data) });
    },
  };

  return Object.fromEntries(
    Object.entries(checks).map(([target, check]) => [
      target,
      (input) => {
        check(input);
        if (Object.keys(Object.prototype).length > 0) throw new Error("Object.prototype was polluted");
      },
    ]),
  );

  function known(packet) {
    if (!ENGINE_TYPES.has(packet.type)) throw new Error(`an engine packet of type ${String(packet.type)} came out`);
  }
}

function same(what, actual, expected) {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

function hexOf(bytes) {
  return (
    ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes)
  ).toString("hex");
}

// Defined, not assigned: a key may be __proto__.
function mapObject(value, map) {
  const result = {};
  for (const key of Object.keys(value)) {
    Object.defineProperty(result, key, {
      value: map(value[key]),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

function nest(levels) {
  let value = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}
