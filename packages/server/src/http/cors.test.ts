import { describe, expect, onTestFinished, test } from "vitest";
import { RawEngineClient, httpRequest, once, startEngine } from "@everwire/testkit";
import type { HttpResponse, StartEngineOptions, UpgradeRefused } from "@everwire/testkit";
import type { CorsSetting, Server } from "@everwire/server/engine";
import { CREDENTIALS_WARNING_CODE } from "./cors.js";

interface Setup {
  readonly engine: Server;
  readonly client: RawEngineClient;
  readonly url: string;
  get(origin: string | undefined, method?: string): Promise<HttpResponse>;
  /** Status of the answer to a WebSocket handshake. */
  upgrade(origin: string | undefined): Promise<number>;
}

async function start(options: StartEngineOptions = {}): Promise<Setup> {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  const client = new RawEngineClient(started.url, { path: "/engine.io/" });
  const headersOf = (origin: string | undefined): Record<string, string> => (origin === undefined ? {} : { origin });
  return {
    engine: started.engine,
    client,
    url: started.url,
    get: (origin, method = "GET") => httpRequest(client.url("polling"), { method, headers: headersOf(origin) }),
    upgrade: async (origin) => {
      try {
        await client.socket({}, { headers: headersOf(origin) });
        return 101;
      } catch (error) {
        return (error as UpgradeRefused).status;
      }
    },
  };
}

const allowOrigin = ({ headers }: HttpResponse): string | undefined => headers["access-control-allow-origin"];

describe("without the option", () => {
  test("requests of the own host and of no page pass", async () => {
    const { get, upgrade, url } = await start();
    for (const origin of [undefined, url]) {
      const answer = await get(origin);
      expect([answer.status, allowOrigin(answer)]).toEqual([200, undefined]);
      expect(await upgrade(origin)).toBe(101);
    }
  });

  test.each(["http://evil.test", "null", "http://127.0.0.1:1", "https://127.0.0.1"])(
    "S24 the foreign origin %s is refused on every transport",
    async (origin) => {
      const { get, upgrade, engine, client } = await start();
      const refused = once<[{ code: number; context: object }]>(engine, "connection_error");
      const answer = await get(origin);
      expect([answer.status, answer.json()]).toEqual([403, { code: 4, message: "Forbidden" }]);
      expect((await refused)[0]).toMatchObject({ code: 4, context: { message: "origin not allowed" } });
      expect(await upgrade(origin)).toBe(403);
      // Neither may a foreign page use a session that is open already.
      const polling = await client.polling();
      expect((await polling.poll({ headers: { origin } })).status).toBe(403);
      await expect(client.socket({ sid: polling.sid }, { headers: { origin } })).rejects.toThrow("403");
      expect(engine.clientsCount).toBe(1);
    },
  );
});

describe("with an origin named", () => {
  const NAMED = "http://good.test";
  const forms: [string, CorsSetting][] = [
    ["a text", { origin: NAMED, credentials: true }],
    ["a list", { origin: ["http://other.test", NAMED], credentials: true }],
    ["a pattern", { origin: /^http:\/\/good\.test$/, credentials: true }],
    ["a function", { origin: (origin, callback) => callback(null, origin === NAMED), credentials: true }],
    [
      "a function that takes its time",
      { origin: (origin, callback) => setImmediate(callback, null, origin === NAMED), credentials: true },
    ],
    ["a function that gives a text", { origin: (_origin, callback) => callback(null, NAMED), credentials: true }],
    ["a function of the request", (_request, callback) => callback(null, { origin: NAMED, credentials: true })],
  ];

  test.each(forms)("by %s, it passes with credentials, and no other does", async (_form, cors) => {
    const { get, upgrade, url } = await start({ cors });
    const answer = await get(NAMED);
    expect(answer.status).toBe(200);
    expect(allowOrigin(answer)).toBe(NAMED);
    expect(answer.headers["access-control-allow-credentials"]).toBe("true");
    expect(await upgrade(NAMED)).toBe(101);
    const foreign = await get("http://evil.test");
    expect(foreign.status).toBe(403);
    expect(allowOrigin(foreign)).not.toBe("http://evil.test");
    expect(await upgrade("http://evil.test")).toBe(403);
    expect((await get(url)).status).toBe(200);
    expect(await upgrade(url)).toBe(101);
    expect(await upgrade(undefined)).toBe(101);
  });

  test("preflights are answered before anything is verified", async () => {
    const { get, engine } = await start({
      cors: { origin: NAMED, methods: ["GET", "POST"], allowedHeaders: ["x-a"], credentials: true, maxAge: 9 },
    });
    const answer = await get(NAMED, "OPTIONS");
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": NAMED,
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "x-a",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "9",
    });
    expect(engine.clientsCount).toBe(0);
  });

  test("preflights of another origin are answered without permission", async () => {
    const { get } = await start({ cors: { origin: [NAMED] } });
    const answer = await get("http://evil.test", "OPTIONS");
    expect([answer.status, allowOrigin(answer)]).toEqual([204, undefined]);
  });

  test("refusals carry the headers too", async () => {
    const { client } = await start({ cors: { origin: NAMED } });
    const answer = await httpRequest(client.url("polling", { sid: "nobody" }), { headers: { origin: NAMED } });
    expect([answer.status, allowOrigin(answer)]).toEqual([400, NAMED]);
  });

  test("every response of a session carries them", async () => {
    const { client } = await start({ cors: { origin: NAMED } });
    const polling = await client.polling({ headers: { origin: NAMED } });
    expect(allowOrigin(polling.opening)).toBe(NAMED);
    expect(allowOrigin(await polling.push("4a"))).toBe(NAMED);
  });
});

describe("with options that name no origin", () => {
  test.each<[string, CorsSetting]>([
    ["none", {}],
    ["credentials", { credentials: true }],
    ["a function of the request", (_request, callback) => callback(null, { methods: ["GET"] })],
  ])("(%s) S24 a foreign page is refused, the own one passes", async (_form, cors) => {
    const { get, upgrade, url } = await start({ cors });
    expect((await get("http://any.test")).status).toBe(403);
    expect(await upgrade("http://any.test")).toBe(403);
    expect((await get(url)).status).toBe(200);
    expect(await upgrade(url)).toBe(101);
  });
});

describe("with everybody let in", () => {
  test.each<[string, CorsSetting, string]>([
    ["origin true", { origin: true }, "http://any.test"],
    ["origin *", { origin: "*" }, "*"],
    ["true", true, "*"],
  ])("by %s, any origin passes", async (_form, cors, expected) => {
    const { get, upgrade } = await start({ cors });
    const answer = await get("http://any.test");
    expect([answer.status, allowOrigin(answer)]).toEqual([200, expected]);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    expect(await upgrade("http://any.test")).toBe(101);
    expect(await upgrade("null")).toBe(101);
  });

  test.each<[string, CorsSetting]>([
    ["origin true", { origin: true, credentials: true }],
    ["origin *", { origin: "*", credentials: true }],
    ["a list with true", { origin: ["http://a.test", true], credentials: true }],
    ["a function that answers *", { origin: (_origin, callback) => callback(null, "*"), credentials: true }],
    ["a function of the request", (_request, callback) => callback(null, { origin: true, credentials: true })],
  ])("S25 by %s, credentials are dropped, with a warning", async (_form, cors) => {
    const warned = new Promise<Error & { code?: string }>((resolve) => {
      const onWarning = (warning: Error & { code?: string }): void => {
        if (warning.code !== CREDENTIALS_WARNING_CODE) return;
        process.off("warning", onWarning);
        resolve(warning);
      };
      process.on("warning", onWarning);
    });
    const { get } = await start({ cors });
    const answer = await get("http://evil.test");
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    const preflight = await get("http://evil.test", "OPTIONS");
    expect(preflight.headers["access-control-allow-credentials"]).toBeUndefined();
    expect((await warned).name).toBe("SecurityWarning");
  });
});

describe("a setting that fails", () => {
  test.each<[string, CorsSetting]>([
    ["a function of the request", (_request, callback) => callback(new Error("broken"))],
    ["a function of the origin", { origin: (_origin, callback) => callback(new Error("broken")) }],
  ])("(%s) refuses", async (_form, cors) => {
    const { get, upgrade } = await start({ cors });
    expect((await get("http://any.test")).json()).toEqual({ code: 3, message: "Bad request" });
    expect(await upgrade("http://any.test")).toBe(400);
  });
});

test("cors: false is as if it were not given", async () => {
  const { get } = await start({ cors: false });
  expect((await get("http://evil.test")).status).toBe(403);
  expect((await get(undefined)).status).toBe(200);
});
