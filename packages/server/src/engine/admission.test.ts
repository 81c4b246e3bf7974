import { describe, expect, test } from "vitest";
import { collect, httpRequest, once, turns } from "@everwire/testkit";
import { Server } from "@everwire/server/engine";
import { start, refusedUpgrade } from "../../test/raw-session.js";
import type { Refused } from "../../test/raw-session.js";

describe("allowRequest", () => {
  test("lets in", async () => {
    const { client } = await start({ allowRequest: (_request, callback) => setImmediate(callback, null, true) });
    await client.polling();
    await client.websocket();
  });

  test("is asked for openings only", async () => {
    const asked: (string | undefined)[] = [];
    const { client } = await start({
      allowRequest: (request, callback) => {
        asked.push(request.url);
        callback(null, true);
      },
    });
    const polling = await client.polling();
    await polling.push("4a");
    await client.probe(polling.sid);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ["a text", "not you", "not you"],
    ["an error", new Error("nor you"), "nor you"],
    ["nothing", null, "Forbidden"],
  ])("refuses with %s", async (_name, error, message) => {
    const { client, engine } = await start({ allowRequest: (_request, callback) => callback(error, false) });
    const refused = collect<[Refused]>(engine, "connection_error", 2);
    const answer = await httpRequest(client.url("polling"));
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ code: 4, message });
    expect(await refusedUpgrade(client.socket())).toMatchObject({ status: 400, body: message });
    for (const [event] of await refused) expect(event).toMatchObject({ code: 4, context: { message } });
  });

  test("that throws refuses without saying why, and the server lives", async () => {
    const { client, engine } = await start({
      allowRequest: () => {
        throw new Error("broken");
      },
    });
    const reported = once<[Error, object]>(engine, "listener_error");
    expect((await httpRequest(client.url("polling"))).json()).toEqual({ code: 4, message: "Forbidden" });
    const [error, context] = await reported;
    expect(error.message).toBe("broken");
    expect(context).toMatchObject({ kind: "option", event: "allowRequest", request: { method: "GET" } });
  });

  test("that answers twice is heard once", async () => {
    const { client, engine } = await start({
      allowRequest: (_request, callback) => {
        callback(null, true);
        callback("changed my mind", false);
      },
    });
    await client.websocket();
    expect(engine.clientsCount).toBe(1);
  });

  test("S20 that never answers does not keep an upgrade waiting for ever", async () => {
    const { client } = await start({ upgradeTimeout: 50, allowRequest: () => undefined });
    await expect(client.socket()).rejects.toThrow();
  });
});

describe("generateId", () => {
  test("may be replaced, and may take its time", async () => {
    const { client, engine } = await start();
    engine.generateId = (request) => `custom-${String(request.method)}`;
    expect((await client.polling()).sid).toBe("custom-GET");
    engine.generateId = () => Promise.resolve("later");
    expect((await client.websocket()).handshake.sid).toBe("later");
  });

  test("may be a method of a subclass", async () => {
    class Numbered extends Server {
      #last = 0;
      override generateId(): string {
        this.#last += 1;
        return `number-${this.#last}`;
      }
    }
    const { client } = await start({ create: (http, options) => new Numbered(options).attach(http, options) });
    expect((await client.polling()).sid).toBe("number-1");
    expect((await client.polling()).sid).toBe("number-2");
  });

  const noId = new Error("no id");
  const failures: [string, () => string | Promise<string>, Error][] = [
    ["rejects", () => Promise.reject(noId), noId],
    [
      "throws",
      () => {
        throw noId;
      },
      noId,
    ],
    ["gives nothing", () => undefined as unknown as string, expect.any(TypeError) as Error],
    ["gives an empty text", () => "", expect.any(TypeError) as Error],
  ];

  test.each(failures)("refuses when it %s", async (_name, generateId, error) => {
    const { client, engine } = await start();
    engine.generateId = generateId;
    const refused = once<[Refused]>(engine, "connection_error");
    expect((await httpRequest(client.url("polling"))).json()).toEqual({ code: 3, message: "Bad request" });
    expect((await refused)[0].context).toEqual({ name: "ID_GENERATION_ERROR", error });
    expect((await refusedUpgrade(client.socket())).status).toBe(400);
  });

  test("S26 an id in use is not given to a second client", async () => {
    const { client, engine } = await start();
    engine.generateId = () => "the same";
    const first = await client.websocket();
    expect((await httpRequest(client.url("polling"))).status).toBe(400);
    engine.clients["the same"]?.send("still mine");
    expect(await first.next()).toBe("4still mine");
  });
});

describe("middleware", () => {
  test("runs in order on both transports, and its headers are in the answer", async () => {
    const { client, engine } = await start();
    const order: number[] = [];
    engine.use((_request, response, next) => {
      order.push(1);
      response.setHeader("x-first", "1");
      setImmediate(next);
    });
    engine.use((_request, response, next) => {
      order.push(2);
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      next();
    });
    const { opening } = await client.polling();
    expect([opening.headers["x-first"], opening.headers["set-cookie"]]).toEqual(["1", ["a=1", "b=2"]]);
    const { headers } = await client.websocket();
    expect([headers["x-first"], headers["set-cookie"]]).toEqual(["1", ["a=1", "b=2"]]);
    expect(order).toEqual([1, 2, 1, 2]);
  });

  test("that waits for the head to be written sets its header on an upgrade too", async () => {
    const { client, engine } = await start();
    engine.use((_request, response, next) => {
      const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
      response.writeHead = (...args: unknown[]) => {
        response.setHeader("set-cookie", "session=1");
        return writeHead(...args);
      };
      next();
    });
    expect((await client.polling()).opening.headers["set-cookie"]).toEqual(["session=1"]);
    expect((await client.websocket()).headers["set-cookie"]).toEqual(["session=1"]);
  });

  test("may answer by itself", async () => {
    const { client, engine } = await start();
    engine.use((_request, response) => {
      response.writeHead(503, { "x-by": "middleware" });
      response.end("later");
    });
    const answer = await httpRequest(client.url("polling"));
    expect([answer.status, answer.text, answer.headers["x-by"]]).toEqual([503, "later", "middleware"]);
    expect(await refusedUpgrade(client.socket())).toMatchObject({ status: 503, body: "later" });
    expect(engine.clientsCount).toBe(0);
  });

  test.each([
    ["an error", new Error("stop")],
    ["anything truthy", "stop"],
  ])("that passes on %s refuses the request", async (_name, failure) => {
    const { client, engine } = await start();
    engine.use((_request, _response, next) => next(failure));
    const refused = once<[Refused]>(engine, "connection_error");
    expect((await httpRequest(client.url("polling"))).json()).toEqual({ code: 3, message: "Bad request" });
    expect((await refused)[0].context).toEqual({ name: "MIDDLEWARE_FAILURE" });
    expect((await refusedUpgrade(client.socket())).status).toBe(400);
  });

  test("that throws, or goes on twice, harms nobody", async () => {
    const { client, engine } = await start();
    let throws = true;
    engine.use((_request, _response, next) => {
      if (throws) throw new Error("broken");
      next();
      next();
    });
    expect((await httpRequest(client.url("polling"))).status).toBe(400);
    throws = false;
    await client.polling();
    expect(engine.clientsCount).toBe(1);
  });

  test.each([
    ["at once", (next: () => void) => next()],
    ["later", (next: () => void) => void setImmediate(next)],
  ])("that answers and goes on %s harms nobody", async (_name, goOn) => {
    const { client, engine } = await start();
    const polling = await client.polling();
    engine.use((_request, response, next) => {
      response.writeHead(503);
      response.end();
      goOn(next);
    });
    expect((await polling.push("4a")).status).toBe(503);
    expect((await polling.poll()).status).toBe(503);
    expect((await refusedUpgrade(client.socket({ sid: polling.sid }))).status).toBe(503);
    expect((await refusedUpgrade(client.socket())).status).toBe(503);
    const session = engine.clients[polling.sid];
    session?.send("still there");
    await turns();
    expect([engine.clientsCount, session?.readyState, session?.upgrading]).toEqual([1, "open", false]);
  });

  test("that is slow does not take a poll whose client has left", async () => {
    const { client, engine } = await start();
    const polling = await client.polling();
    const leaving = new AbortController();
    const held = new Promise<() => void>((resolve) =>
      engine.use((_request, response, next) => {
        if (leaving.signal.aborted) {
          next();
          return;
        }
        response.on("close", () => resolve(next));
        leaving.abort();
      }),
    );
    await expect(polling.poll({ signal: leaving.signal })).rejects.toThrow();
    (await held)();
    const session = engine.clients[polling.sid];
    expect(session?.transport.writable).toBe(false);
    session?.send("kept");
    expect((await polling.poll()).text).toBe("4kept");
  });

  test("runs for each request of a session", async () => {
    const { client, engine } = await start();
    const urls: unknown[] = [];
    engine.use((request, _response, next) => {
      urls.push(request.method);
      next();
    });
    const polling = await client.polling();
    await polling.push("4a");
    await client.probe(polling.sid);
    expect(urls).toEqual(["GET", "POST", "GET"]);
  });
});
