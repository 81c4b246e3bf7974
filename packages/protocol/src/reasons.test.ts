import { describe, expect, it } from "vitest";
import { CLIENT_DISCONNECT_REASONS, CLOSE_REASONS, SERVER_DISCONNECT_REASONS, findReason } from "./reasons.js";
import type { Reason } from "./reasons.js";

const TABLES: [string, Readonly<Record<string, Reason>>][] = [
  ["session", CLOSE_REASONS],
  ["server", SERVER_DISCONNECT_REASONS],
  ["client", CLIENT_DISCONNECT_REASONS],
];

describe.each(TABLES)("reasons of the %s", (_, table) => {
  it("stand under their own name, with a sentence and a code of its own", () => {
    for (const [name, reason] of Object.entries(table)) {
      expect(reason.name).toBe(name);
      expect(reason.text).toMatch(/^[A-Z].*\.$/);
      expect(reason.code).toBeGreaterThanOrEqual(4000);
      expect(reason.code).toBeLessThan(5000);
      expect(Object.isFrozen(reason)).toBe(true);
    }
    expect(new Set(Object.values(table).map(({ code }) => code)).size).toBe(Object.keys(table).length);
  });
});

describe("reasons", () => {
  it("keep one number for one name on all sides", () => {
    const codes = new Map<string, number>();
    for (const [, table] of TABLES) {
      for (const { name, code } of Object.values(table)) {
        expect(codes.get(name) ?? code).toBe(code);
        codes.set(name, code);
      }
    }
    expect(new Set(codes.values()).size).toBe(codes.size);
  });

  it("never change their numbers", () => {
    const codes = TABLES.flatMap(([, table]) => Object.values(table).map(({ name, code }) => [name, code]));
    expect(Object.fromEntries(codes)).toEqual({
      "transport close": 4000,
      "transport error": 4001,
      "forced close": 4002,
      "ping timeout": 4003,
      "parse error": 4004,
      "buffer overflow": 4005,
      "session expired": 4006,
      "session unknown": 4007,
      "client namespace disconnect": 4010,
      "server namespace disconnect": 4011,
      "server shutting down": 4012,
      "forced server close": 4013,
      "too many messages": 4014,
      "io server disconnect": 4020,
      "io client disconnect": 4021,
    });
  });

  it("say what the server recovers", () => {
    const recoverable = Object.values(SERVER_DISCONNECT_REASONS).filter((reason) => reason.recoverable);
    expect(recoverable.map(({ name }) => name).sort()).toEqual([
      "forced close",
      "forced server close",
      "ping timeout",
      "server shutting down",
      "session expired",
      "session unknown",
      "transport close",
      "transport error",
    ]);
  });

  it("say when the client does not come back", () => {
    const final = Object.values(CLIENT_DISCONNECT_REASONS).filter((reason) => !reason.reconnects);
    expect(final.map(({ name }) => name).sort()).toEqual([
      "forced close",
      "io client disconnect",
      "io server disconnect",
    ]);
  });

  it("are found by name, and nothing else is", () => {
    expect(findReason(CLOSE_REASONS, "ping timeout")?.code).toBe(4003);
    for (const name of ["", "nothing", "__proto__", "constructor", "toString"]) {
      expect(findReason(CLOSE_REASONS, name)).toBeUndefined();
    }
  });
});
