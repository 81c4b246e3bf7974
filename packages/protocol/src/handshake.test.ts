import { describe, expect, it } from "vitest";
import { ProtocolError } from "./errors.js";
import { parseHandshake } from "./handshake.js";

describe("parseHandshake", () => {
  it("refuses what is no text", () => {
    for (const value of [undefined, null, 1, {}, Buffer.from("{}"), new ArrayBuffer(1)]) {
      expect(() => parseHandshake(value)).toThrow(ProtocolError);
    }
  });

  it("says what is wrong, and keeps the cause", () => {
    expect(() => parseHandshake('{"sid":5}')).toThrow("failed to read handshake: sid is not a text");
    const resume = (received: number): string =>
      `{"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":1,"resume":{"windowMs":1,"maxBufferBytes":1,"received":${received}}}`;
    expect(() => parseHandshake(resume(0.5))).toThrow("failed to read handshake: resume.received is not a count");
    expect(() => parseHandshake("{")).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) as unknown }));
  });
});
