import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CALLER_ERROR_CODES, EverwireError, PROTOCOL_ERROR_CODES, ProtocolError } from "./errors.js";

const sources = ["attachments", "encoder", "handshake", "packet-reader", "states"].map((file) =>
  readFileSync(new URL(`./${file}.ts`, import.meta.url), "utf8"),
);
const docs = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

describe("errors", () => {
  it("carry a code, a name and a cause", () => {
    const cause = new Error("below");
    const error = new ProtocolError("ERR_INVALID_PAYLOAD", "invalid payload", { cause });
    expect(error).toBeInstanceOf(EverwireError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      code: "ERR_INVALID_PAYLOAD",
      message: "invalid payload",
      name: "ProtocolError",
      cause,
    });
    expect(String(error)).toBe("ProtocolError: invalid payload");
    expect(error.stack).toContain("ProtocolError: invalid payload");
    expect(String(new EverwireError("ERR_X", "why"))).toBe("EverwireError: why");
    expect("cause" in new EverwireError("ERR_X", "why")).toBe(false);
  });

  it("are raised with the listed codes, and no others", () => {
    const raised = sources.join().match(/"ERR_[A-Z_]+"/g) ?? [];
    const listed = [...PROTOCOL_ERROR_CODES, ...CALLER_ERROR_CODES].map((code) => `"${code}"`);
    expect([...new Set(raised)].sort()).toEqual(listed.sort());
  });

  it.each([...PROTOCOL_ERROR_CODES, ...CALLER_ERROR_CODES])("are documented: %s", (code) => {
    expect(docs).toMatch(new RegExp(`^\\| \`${code}\` +\\|`, "m"));
  });
});
