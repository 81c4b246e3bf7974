import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { AddressLimits, networkOf } from "./address-limits.js";

const from = (remoteAddress: string): IncomingMessage => ({ socket: { remoteAddress } }) as unknown as IncomingMessage;

describe("AddressLimits", () => {
  test("lets everybody in without limits", () => {
    const limits = new AddressLimits({});
    for (let i = 0; i < 100; i++) {
      expect(limits.check(from("10.0.0.1"), true)).toBeUndefined();
      limits.opened({}, from("10.0.0.1"));
    }
  });

  test("counts sessions in all, and makes room when one closes", () => {
    const limits = new AddressLimits({ maxConnections: 1 });
    const session = {};
    limits.opened(session, undefined);
    expect(limits.check(from("10.0.0.2"), true)).toMatchObject({ code: 4, status: 503 });
    expect(limits.check(from("10.0.0.2"), false)).toBeUndefined();
    limits.closed(session);
    expect(limits.check(from("10.0.0.2"), true)).toBeUndefined();
  });

  test("counts sessions of an address", () => {
    const limits = new AddressLimits({ maxConnectionsPerAddress: 2 });
    const sessions = [{}, {}];
    for (const session of sessions) limits.opened(session, from("10.0.0.1"));
    expect(limits.check(from("10.0.0.1"), true)).toMatchObject({ code: 4, status: 429 });
    expect(limits.check(from("10.0.0.2"), true)).toBeUndefined();
    for (const session of sessions) limits.closed(session);
    expect(limits.check(from("10.0.0.1"), true)).toBeUndefined();
  });

  test("limits handshakes of an address by time", () => {
    let nowMs = 0;
    const limits = new AddressLimits({ maxHandshakesPerSecond: 2 }, () => nowMs);
    const answers = [1, 2, 3].map(() => limits.check(from("10.0.0.1"), true)?.status);
    expect(answers).toEqual([undefined, undefined, 429]);
    expect(limits.check(from("10.0.0.2"), false)).toBeUndefined();
    nowMs = 500;
    expect(limits.check(from("10.0.0.1"), false)).toBeUndefined();
  });

  test("counts for whom the option says", () => {
    const limits = new AddressLimits({
      maxConnectionsPerAddress: 1,
      addressOf: (request) => String(request.headers["x-forwarded-for"]),
    });
    const behindProxy = (client: string): IncomingMessage =>
      ({
        socket: { remoteAddress: "127.0.0.1" },
        headers: { "x-forwarded-for": client },
      }) as unknown as IncomingMessage;
    limits.opened({}, behindProxy("a"));
    expect(limits.check(behindProxy("a"), true)).toMatchObject({ status: 429 });
    expect(limits.check(behindProxy("b"), true)).toBeUndefined();
  });

  test("remembers a bounded number of addresses, and forgets those that rest first", () => {
    let nowMs = 0;
    const limits = new AddressLimits({ maxHandshakesPerSecond: 1 }, () => nowMs);
    limits.check(from("first"), true);
    nowMs = 500;
    for (let i = 0; i < 9_999; i++) limits.check(from(String(i)), true);
    nowMs = 1100;
    // The first one rests by now, and the new one takes its place; those after it are still remembered.
    limits.check(from("new"), true);
    expect(limits.check(from("0"), true)).toMatchObject({ status: 429 });
    for (let i = 0; i < 20_000; i++) limits.check(from(`flood ${i}`), true);
    expect(limits.check(from("0"), true)).toBeUndefined();
  });
});

describe("networkOf", () => {
  test.each([
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3", "::ffff:10.1.2.3"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ])("%s is counted as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
