import { describe, expect, it } from "vitest";
import * as everything from "@everwire/protocol";

describe("@everwire/protocol", () => {
  it("exports what users of a Socket.IO parser and of an Engine.IO parser know", () => {
    expect(everything).toMatchObject({ protocol: 5, ENGINE_PROTOCOL: 4 });
    for (const name of [
      "Encoder",
      "Decoder",
      "isPacketValid",
      "encodePacket",
      "decodePacket",
      "encodePayload",
      "decodePayload",
      "createPacketEncoderStream",
      "createPacketDecoderStream",
    ] as const) {
      expect(everything[name]).toBeTypeOf("function");
    }
    expect(everything.PacketType).toEqual({
      CONNECT: 0,
      DISCONNECT: 1,
      EVENT: 2,
      ACK: 3,
      CONNECT_ERROR: 4,
      BINARY_EVENT: 5,
      BINARY_ACK: 6,
    });
  });
});
