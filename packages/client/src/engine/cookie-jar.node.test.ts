import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CookieJar } from "./cookie-jar.node.js";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2030-01-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

function jarOf(...lines: string[]): CookieJar {
  const jar = new CookieJar();
  jar.store(lines);
  return jar;
}

describe("a cookie jar", () => {
  it("gives back what was set, the latest value of each name", () => {
    const jar = jarOf("a=1; Path=/; HttpOnly", "b=x=y", "a=2", 'c=" quoted "', " d = 4 ");
    expect(jar.header()).toBe("b=x=y; a=2; c= quoted ; d=4");
    jar.store(undefined);
    expect(jar.size).toBe(4);
  });

  it.each(["", "=x", "novalue", ";", "Path=", `a=${"x".repeat(5000)}`])("ignores the line %j", (line) => {
    expect(jarOf(line.startsWith("Path") ? ";Path=/" : line).size).toBe(0);
  });

  it.each([
    "a=2; Max-Age=0",
    "a=2; max-age=-1",
    "a=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "a=2; EXPIRES=whenever",
    "a=2; expires=",
    "a=; Max-Age=0; Expires=Wed, 01 Jan 2031 00:00:00 GMT",
    "a=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT; Max-Age=0",
  ])("removes a cookie on %j", (line) => {
    expect(jarOf("a=1", line).header()).toBe("");
  });

  it("forgets a cookie when its time is over", () => {
    const jar = jarOf("a=1; Max-Age=10", "b=2; expires=Tue, 01 Jan 2030 00:00:20 GMT", "c=3", "d=4; Max-Age=soon");
    expect(jar.header()).toBe("a=1; b=2; c=3; d=4");
    vi.advanceTimersByTime(10_000);
    expect(jar.header()).toBe("b=2; c=3; d=4");
    vi.advanceTimersByTime(10_000);
    expect(jar.header()).toBe("c=3; d=4");
    expect(jar.size).toBe(2);
  });

  it("lets Max-Age win over Expires", () => {
    const past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    expect(jarOf(`a=1; Max-Age=10; ${past}`, `b=1; ${past}; Max-Age=10`).header()).toBe("a=1; b=1");
  });

  it("adds its cookies to those of the headers, and leaves the given object alone", () => {
    const headers = { Cookie: "own=1", x: "y" };
    expect(jarOf("a=1").apply(headers)).toEqual({ Cookie: "own=1; a=1", x: "y" });
    expect(jarOf("a=1").apply({})).toEqual({ cookie: "a=1" });
    expect(new CookieJar().apply(headers)).toBe(headers);
    expect(headers.Cookie).toBe("own=1");
  });

  it("keeps fifty cookies, the oldest goes first", () => {
    const jar = new CookieJar();
    for (let i = 0; i < 60; i++) jar.store([`c${String(i)}=1`]);
    expect(jar.size).toBe(50);
    expect(jar.header()).toMatch(/^c10=1; .*; c59=1$/);
  });

  it("treats names of object members as any other", () => {
    expect(jarOf("__proto__=1", "constructor=2").header()).toBe("__proto__=1; constructor=2");
  });
});
