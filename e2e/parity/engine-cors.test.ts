// Which pages and which paths the engine serves: the cors option, and the prefix that is its own.
import { describe, expect, test } from "vitest";
import { httpRequest } from "@everwire/testkit";
import { startEngine } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";

describe.each(PEERS)("$name: cors", (peer) => {
  const ORIGIN = "http://page.test";
  const cors = { origin: ORIGIN, methods: ["GET", "PUT"], allowedHeaders: ["x-a"], maxAge: 9, credentials: true };

  test("answers a preflight before anything is looked at", async () => {
    const { get, engine } = await startEngine(peer, {
      cors,
      allowRequest: (_request, answer) => answer("not reached", false),
    });
    engine.use((_request, _response, next) => next(new Error("not reached")));
    const answer = await get("transport=polling", {
      method: "OPTIONS",
      headers: { origin: ORIGIN, "access-control-request-method": "PUT" },
    });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-methods": "GET,PUT",
      "access-control-allow-headers": "x-a",
      "access-control-max-age": "9",
      "access-control-allow-credentials": "true",
      "content-length": "0",
      vary: "Origin",
    });
  });

  test.each([
    ["an answer", "transport=polling", 200],
    ["a refusal", "transport=tobi", 400],
  ])("sets its headers on %s", async (_what, query, status) => {
    const { get } = await startEngine(peer, { cors });
    const answer = await get(query, { headers: { origin: ORIGIN } });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
  });

  test("reflects the origin when it is true", async () => {
    const { get } = await startEngine(peer, { cors: { origin: true } });
    const answer = await get("transport=polling", { headers: { origin: ORIGIN } });
    expect(answer.headers["access-control-allow-origin"]).toBe(ORIGIN);
  });

  test("lets everybody in with a star", async () => {
    const { get } = await startEngine(peer, { cors: { origin: "*" } });
    const answer = await get("transport=polling", { headers: { origin: ORIGIN } });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
  });

  test("is off by default", async () => {
    const { get, port } = await startEngine(peer);
    const answer = await get("transport=polling", { headers: { origin: `http://127.0.0.1:${port}` } });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, undefined]);
  });

  // docs/decisions/origins.md
  test("an origin that nobody named", async () => {
    const { get } = await startEngine(peer);
    const answer = await get("transport=polling", { headers: { origin: ORIGIN } });
    expect(answer.status).toBe(peer.name === "stock" ? 200 : 403);
  });
});

describe.each(PEERS)("$name: a path", (peer) => {
  test.each<[EngineOptions, string, boolean]>([
    [{}, "/engine.io/", true],
    [{}, "/engine.io/anything", true],
    [{}, "/engine.io", false],
    [{}, "/engine.iox/", false],
    [{ path: "/two" }, "/two/", true],
    [{ path: "/two/" }, "/two/x", true],
    [{ path: "/two" }, "/engine.io/", false],
    [{ path: "/two", addTrailingSlash: false }, "/two", true],
    [{ path: "/two/", addTrailingSlash: false }, "/two/", true],
    [{ path: "/two", addTrailingSlash: false }, "/twofold", true],
    [{ addTrailingSlash: false }, "/engine.io", true],
    [{ path: "/" }, "/", true],
  ])("%o at %s: %s", async (options, path, isServed) => {
    const { url } = await startEngine(peer, options, {
      listener: (_request, response) => response.writeHead(418).end(),
    });
    const { status } = await httpRequest(`${url}${path}?EIO=4&transport=polling`);
    expect(status).toBe(isServed ? 200 : 418);
  });
});
