import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { isHttpServer, resolveOptions, resolvePath } from "./options.js";

describe("resolveOptions", () => {
  test("has the defaults that are documented", () => {
    expect(resolveOptions()).toEqual({
      pingInterval: 25_000,
      pingTimeout: 20_000,
      upgradeTimeout: 10_000,
      resume: { windowMs: 60_000, maxBufferBytes: 1024 * 1024, maxSuspended: 10_000 },
      maxHttpBufferSize: 1_000_000,
      maxBufferedBytes: 16_777_216,
      bodyTimeout: 30_000,
      transports: ["polling", "websocket"],
      allowUpgrades: true,
      perMessageDeflate: false,
      httpCompression: { threshold: 1024 },
      cookie: false,
      cors: false,
      allowEIO3: false,
      wsEngine: WebSocketServer,
    });
  });

  test("takes what is given, but for undefined", () => {
    const given = { pingInterval: 1, pingTimeout: undefined as unknown as number, allowUpgrades: false };
    expect(resolveOptions(given)).toMatchObject({ pingInterval: 1, pingTimeout: 20_000, allowUpgrades: false });
  });

  test.each([
    [true, { threshold: 1024 }],
    [{}, { threshold: 1024 }],
    [{ threshold: 0 }, { threshold: 0 }],
    [false, false],
  ])("reads compression %o", (given, expected) => {
    const options = resolveOptions({ perMessageDeflate: given, httpCompression: given });
    expect(options.perMessageDeflate).toEqual(expected);
    expect(options.httpCompression).toEqual(expected);
  });

  test("reads the cookie", () => {
    const byDefault = { name: "io", path: "/", httpOnly: true, sameSite: "lax" };
    expect(resolveOptions({ cookie: true }).cookie).toEqual(byDefault);
    expect(resolveOptions({ cookie: { name: "a", path: false } }).cookie).toEqual({
      ...byDefault,
      name: "a",
      path: false,
    });
  });
});

test.each([
  [{}, "/engine.io/"],
  [{ path: "/a" }, "/a/"],
  [{ path: "/a/" }, "/a/"],
  [{ path: "/a//" }, "/a/"],
  [{ path: "/" }, "/"],
  [{ path: "/a/", addTrailingSlash: false }, "/a"],
  [{ addTrailingSlash: false }, "/engine.io"],
])("path %o is %s", (options, path) => {
  expect(resolvePath(options)).toBe(path);
});

test("an HTTP server is told from options", () => {
  expect(isHttpServer(createServer())).toBe(true);
  for (const value of [{}, undefined, null, 3000, { on: 1 }]) expect(isHttpServer(value)).toBe(false);
});
