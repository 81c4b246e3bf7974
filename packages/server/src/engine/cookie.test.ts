import { describe, expect, test } from "vitest";
import { Server } from "@everwire/server/engine";
import { formatCookie, resolveCookie } from "./cookie.js";
import type { CookieOptions } from "./cookie.js";

describe("formatCookie", () => {
  const cases: [CookieOptions, string][] = [
    [{}, "io=sid; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "other" }, "other=sid; Path=/; HttpOnly; SameSite=Lax"],
    [{ path: "/app" }, "io=sid; Path=/app; HttpOnly; SameSite=Lax"],
    [{ path: false }, "io=sid; HttpOnly; SameSite=Lax"],
    [{ path: "" }, "io=sid; HttpOnly; SameSite=Lax"],
    [{ path: null as unknown as string }, "io=sid; HttpOnly; SameSite=Lax"],
    [{ httpOnly: false }, "io=sid; Path=/; SameSite=Lax"],
    [{ httpOnly: "no" as unknown as boolean }, "io=sid; Path=/; HttpOnly; SameSite=Lax"],
    [{ sameSite: true }, "io=sid; Path=/; HttpOnly; SameSite=Strict"],
    [{ sameSite: false }, "io=sid; Path=/; HttpOnly"],
    [{ sameSite: "none", secure: true }, "io=sid; Path=/; HttpOnly; Secure; SameSite=None"],
    [
      { maxAge: 60.5, domain: "a.example", expires: new Date(0), partitioned: true, priority: "high" },
      "io=sid; Max-Age=60; Domain=a.example; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Partitioned; Priority=High; SameSite=Lax",
    ],
  ];

  test.each(cases)("writes %o", (options, expected) => {
    expect(formatCookie("sid", resolveCookie(options) as CookieOptions)).toBe(expected);
  });

  test("escapes an id that is not URL-safe", () => {
    expect(formatCookie("a;b c", {})).toContain("io=a%3Bb%20c;");
  });

  test.each([{ domain: "a; Secure" }, { path: "/\r\nX: 1" }, { name: "io\u0000" }])("refuses %o", (options) => {
    expect(() => formatCookie("sid", options)).toThrow(TypeError);
  });
});

test("a server refuses options that it could write no cookie from", () => {
  expect(() => new Server({ cookie: { domain: "a; Secure" } })).toThrow(TypeError);
});
