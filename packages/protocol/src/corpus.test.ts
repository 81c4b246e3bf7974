import { describe, expect, it } from "vitest";
import { makeChecks, toChunk } from "../test/checks.mjs";
import type { ChunkNotation } from "../test/checks.mjs";
import { loadCorpus } from "../test/vectors.js";
import * as protocol from "@everwire/protocol";

const checks = makeChecks(protocol);

describe("corpus of the fuzzer", () => {
  it.each(loadCorpus())("%s stays harmless", (_, { target, input }) => {
    const chunks = target === "round-trip" ? input : (input as ChunkNotation[]).map(toChunk);
    expect(() => {
      checks[target](chunks);
    }).not.toThrow();
  });
});

describe("the fuzzer's checks", () => {
  it("see a decoder that throws something else than a ProtocolError, or lets a wrong packet out", () => {
    const broken = (read: () => unknown) =>
      makeChecks({
        ...protocol,
        PacketReader: class {
          readonly waiting = false;
          read = read;
        },
      });
    const throwing = broken(() => {
      throw new TypeError("not a function");
    });
    expect(() => {
      throwing["socket-packet"](['2["a"]']);
    }).toThrow("not a function");
    expect(() => {
      broken(() => ({ type: 2, nsp: "/", data: ["b"] }))["socket-packet"](['2["a"]']);
    }).toThrow("Decoder's packet");
  });
});
