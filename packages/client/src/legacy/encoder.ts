// Encoder of the legacy bundle: what an old engine can't carry is an error of the emit, and the text form of binary has a size for
// those who count bytes.
import { EverwireError, isBase64Data } from "@everwire/protocol";
import type { BinaryData, Packet } from "@everwire/protocol";
import { Encoder as CompactEncoder } from "@everwire/protocol/compact";
import { base64Size } from "./base64.js";
import { isWritable } from "./binary-form.js";

export class Encoder extends CompactEncoder {
  override encode(packet: Packet): (string | BinaryData)[] {
    return super.encode(packet).map((chunk) => {
      if (typeof chunk === "string") return chunk;
      if (!isWritable(chunk)) {
        throw new EverwireError(
          "ERR_BINARY_UNSUPPORTED",
          "failed to encode packet: this engine can't carry such binary data",
        );
      }
      const form: unknown = chunk;
      return isBase64Data(form) ? ({ ...form, byteLength: base64Size(form.data) } as unknown as BinaryData) : chunk;
    });
  }
}
