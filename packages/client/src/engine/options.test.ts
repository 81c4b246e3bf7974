import { afterEach, describe, expect, it, vi } from "vitest";
import { resolveOptions, type SessionOptions } from "./options.js";

const page = vi.hoisted(() => ({
  location: undefined as { protocol: string; hostname: string; port: string } | undefined,
}));
vi.mock(import("#platform"), async (original) => ({ ...(await original()), pageLocation: () => page.location }));

afterEach(() => {
  page.location = undefined;
});

function address(uri?: string, options: SessionOptions = {}): string {
  const { secure, hostname, port, path } = resolveOptions(uri, options);
  return `${secure ? "s" : ""} ${hostname} ${port} ${path}`;
}

describe("the address of a session", () => {
  it.each<[string | undefined, SessionOptions, string]>([
    ["http://host", {}, " host 80 /engine.io/"],
    ["https://host", {}, "s host 443 /engine.io/"],
    ["ws://host:81", {}, " host 81 /engine.io/"],
    ["wss://host", {}, "s host 443 /engine.io/"],
    ["http://[::1]", {}, " ::1 80 /engine.io/"],
    ["host:82", {}, " host 82 /engine.io/"],
    ["host", { port: 83, secure: true }, "s host 83 /engine.io/"],
    [undefined, {}, " localhost 80 /engine.io/"],
    [undefined, { secure: true }, "s localhost 443 /engine.io/"],
    [undefined, { host: "host", port: 3000 }, " host 3000 /engine.io/"],
    [undefined, { host: "[::1]", port: "84" }, " ::1 84 /engine.io/"],
    [undefined, { host: "[::1]:9" }, " ::1 80 /engine.io/"],
    [undefined, { hostname: "::1" }, " ::1 80 /engine.io/"],
    [undefined, { path: "/x" }, " localhost 80 /x/"],
    [undefined, { path: "/x/", addTrailingSlash: false }, " localhost 80 /x"],
  ])("%s with %j is %s", (uri, options, expected) => {
    expect(address(uri, options)).toBe(expected);
  });

  it.each<[string | undefined, SessionOptions, string]>([
    [undefined, {}, "s page 8443 /engine.io/"],
    ["/relative", {}, "s page 8443 /engine.io/"],
    ["//other", {}, "s other 443 /engine.io/"],
    ["other:1", {}, "s other 1 /engine.io/"],
    ["http://other", {}, " other 80 /engine.io/"],
    [undefined, { hostname: "other" }, "s other 443 /engine.io/"],
    [undefined, { port: 1 }, "s page 1 /engine.io/"],
    [undefined, { secure: false }, " page 8443 /engine.io/"],
  ])("on a page: %s with %j is %s", (uri, options, expected) => {
    page.location = { protocol: "https:", hostname: "page", port: "8443" };
    expect(address(uri, options)).toBe(expected);
  });

  it("on a page that has no host is localhost", () => {
    page.location = { protocol: "file:", hostname: "", port: "" };
    expect(address()).toBe(" localhost 80 /engine.io/");
    page.location = { protocol: "http:", hostname: "[::1]", port: "" };
    expect(address()).toBe(" ::1 80 /engine.io/");
  });
});

describe("the query of a session", () => {
  it("is that of the options with that of the URI over it", () => {
    expect({ ...resolveOptions("http://h/?a=1&b=c=d", { query: { a: "0", e: 2 } }).query }).toEqual({
      a: "1",
      b: "c=d",
      e: "2",
    });
    expect({ ...resolveOptions(undefined, { query: "x=y" }).query }).toEqual({ x: "y" });
  });
});

it("options keep what the user gave and fill in the rest", () => {
  const given = { forceBase64: true, transports: ["polling"] };
  const resolved = resolveOptions(undefined, given);
  expect(resolved).toMatchObject({
    ...given,
    maxBufferedBytes: 16 * 1024 * 1024,
    transportOptions: {},
    binaryType: "nodebuffer",
  });
  expect(given).toEqual({ forceBase64: true, transports: ["polling"] });
  expect(resolveOptions(undefined, { maxBufferedBytes: 5 }).maxBufferedBytes).toBe(5);
});
