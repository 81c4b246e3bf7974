import { describe, expect, it } from "vitest";
import { preferredEncoding } from "./accept-encoding.js";

describe("preferredEncoding", () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["gzip, deflate, br", "gzip"],
    ["deflate, gzip", "deflate"],
    ["gzip;q=0.5, br;q=1.0", "br"],
    ["BR", "br"],
    ["*", "br"],
    ["gzip;q=0.2, *;q=0.8", "br"],
    ["gzip, *;q=0", "gzip"],
    ["gzip;q=0", undefined],
    ["gzip;q=0.1, identity;q=0.9", undefined],
    ["identity", undefined],
    ["zstd", undefined],
    ["gzip;q=2", undefined],
    ["gzip;q=nonsense, br;q=0.1", "br"],
    ["gzip;level=9;q=0.3, gzip;q=1, br;q=0.4", "br"],
    [" , ,gzip ; q=0.7 ", "gzip"],
  ])("answers %j with %s", (header, expected) => {
    expect(preferredEncoding(header, ["br", "gzip", "deflate"])).toBe(expected);
  });
});
