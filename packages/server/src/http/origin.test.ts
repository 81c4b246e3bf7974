import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { isAnyOrigin, isNamedOrigin, isOwnOrigin } from "./origin.js";

const requestTo = (host: string | undefined, name = "host"): IncomingMessage =>
  ({ headers: { [name]: host } }) as unknown as IncomingMessage;

describe("isOwnOrigin", () => {
  test.each([
    ["http://example.com", "example.com"],
    ["https://example.com", "example.com"],
    ["http://example.com", "example.com:80"],
    ["https://example.com", "example.com:443"],
    ["https://example.com:443", "example.com"],
    ["http://EXAMPLE.com", "example.COM"],
    ["http://example.com:3000", "example.com:3000"],
    ["HTTP://example.com", "example.com"],
    ["http://[::1]:3000", "[::1]:3000"],
    ["http://[::1]", "[::1]:80"],
  ])("%s is the own origin of host %s", (origin, host) => {
    expect(isOwnOrigin(origin, requestTo(host))).toBe(true);
  });

  test.each([
    ["null", "null"],
    ["", ""],
    ["http://", ""],
    ["http://example.com", undefined],
    ["http://example.com", "example.org"],
    ["http://example.com:3000", "example.com"],
    ["http://example.com", "example.com:3000"],
    ["http://example.com", "example.com:443"],
    ["https://example.com", "example.com:80"],
    ["http://example.com.evil.test", "example.com"],
    ["http://evil.test/example.com", "example.com"],
    ["http://evil.test#//example.com", "example.com"],
    ["http://evil@example.com", "example.com"],
    ["http://example.com/", "example.com"],
    ["file://example.com", "example.com"],
    ["chrome-extension://example.com", "example.com"],
    ["//example.com", "example.com"],
    ["example.com", "example.com"],
    ["http:example.com", "example.com"],
    ["nonsense", "nonsense"],
    ["__proto__//a", "a"],
  ])("S24 %s is foreign to host %s", (origin, host) => {
    expect(isOwnOrigin(origin, requestTo(host))).toBe(false);
  });

  test("the host of an HTTP/2 request is its authority", () => {
    expect(isOwnOrigin("https://example.com", requestTo("example.com", ":authority"))).toBe(true);
  });
});

describe("isNamedOrigin", () => {
  test.each([
    ["*"],
    [true],
    ["http://a.test"],
    [/a\.test$/],
    [["http://b.test", "http://a.test"]],
    [["http://b.test", /a\.test$/]],
  ])("%o names http://a.test", (setting) => {
    expect(isNamedOrigin("http://a.test", setting)).toBe(true);
  });

  test.each([
    [false],
    ["http://b.test"],
    ["http://A.test"],
    [/b\.test$/],
    [[]],
    [["http://b.test", /b\.test$/]],
    [["*"]],
    [undefined],
  ])("%o does not name http://a.test", (setting) => {
    expect(isNamedOrigin("http://a.test", setting)).toBe(false);
  });

  test("a pattern with the flag g answers the same each time", () => {
    const pattern = /a\.test/g;
    for (let time = 0; time < 3; time++) expect(isNamedOrigin("http://a.test", pattern)).toBe(true);
  });
});

test.each([
  [true, true],
  ["*", true],
  [undefined, false],
  [["http://a.test", true], true],
  [false, false],
  ["http://a.test", false],
  [["http://a.test"], false],
  [/a/, false],
])("%o lets in everybody: %s", (setting, expected) => {
  expect(isAnyOrigin(setting)).toBe(expected);
});
