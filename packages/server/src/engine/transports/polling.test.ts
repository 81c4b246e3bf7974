import { request as httpRequestOf } from "node:http";
import { describe, expect, test } from "vitest";
import { RawTcp, httpRequest, turns, until } from "@everwire/testkit";
import type { StartEngineOptions } from "@everwire/testkit";
import { overPolling as start, messagesOf, endOf } from "../../../test/raw-session.js";

describe("GET", () => {
  test("waits for data, and gets all that is there", async () => {
    const { polling, session } = await start();
    const poll = polling.poll();
    await until(() => session.transport.writable, "the poll");
    session.send("a").send("é");
    const answer = await poll;
    expect(answer.text).toBe("4a\x1e4é");
    expect(answer.headers).toMatchObject({
      "content-type": "text/plain; charset=UTF-8",
      "content-length": "6",
      "cache-control": "no-store",
    });
    expect(session.transport.name).toBe("polling");
  });

  test("that finds data is answered at once", async () => {
    const { polling, session } = await start();
    session.send("a").send("b");
    await turns();
    expect((await polling.poll()).text).toBe("4a\x1e4b");
  });

  test("that is cancelled closes the session", async () => {
    const { polling, session } = await start();
    const abort = new AbortController();
    const poll = polling.poll({ signal: abort.signal });
    await until(() => session.transport.writable, "the poll");
    abort.abort();
    await expect(poll).rejects.toThrow();
    const [reason, error] = await endOf(session);
    expect(reason).toBe("transport error");
    expect(error).toMatchObject({ message: "poll connection closed prematurely", code: "ERR_POLL_ABORTED" });
  });

  test("works without keep-alive", async () => {
    const { polling, session } = await start();
    session.send("a");
    const answer = await httpRequest(polling.url(), { headers: { connection: "close" } });
    expect([answer.text, answer.headers.connection]).toEqual(["4a", "close"]);
  });
});

describe("POST", () => {
  test("pushes packets in order", async () => {
    const { polling, session } = await start();
    const messages = messagesOf(session);
    const answer = await polling.push("4a", "4é", "bAQID");
    expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "ok", "text/html"]);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(messages).toEqual(["a", "é", Buffer.from([1, 2, 3])]);
  });

  test("may be chunked, in the middle of a character too", async () => {
    const { polling, session } = await start();
    const messages = messagesOf(session);
    const body = Buffer.from("4 é 🎉 ü");
    const chunks = [...body].map((byte) => Buffer.from([byte]));
    expect((await polling.request({ method: "POST", body: chunks })).status).toBe(200);
    expect(messages).toEqual([" é 🎉 ü"]);
  });

  test("may hold as many bytes as announced, and not one more", async () => {
    const { polling, session } = await start({ maxHttpBufferSize: 10 });
    const messages = messagesOf(session);
    expect((await polling.push("4éééé")).status).toBe(200);
    const refused = await polling.push("4ééééé");
    expect([refused.status, refused.headers["cache-control"]]).toEqual([413, "no-store"]);
    expect((await polling.push("4still here")).status).toBe(413);
    expect((await polling.push("4ok")).status).toBe(200);
    expect(messages).toEqual(["éééé", "ok"]);
  });

  test("that is chunked is counted while it arrives", async () => {
    const { polling, session } = await start({ maxHttpBufferSize: 1000 });
    const messages = messagesOf(session);
    const chunks = Array.from({ length: 30 }, () => "x".repeat(100));
    expect((await polling.request({ method: "POST", body: chunks })).status).toBe(413);
    expect(messages).toEqual([]);
    expect(session.readyState).toBe("open");
  });

  test.each([
    ["no known type", "abc"],
    ["nothing", ""],
    ["a malformed packet behind good ones", "4a\x1ex\x1e4b"],
  ])("with %s closes the session, which is what tells of it", async (_name, body) => {
    const { polling, session } = await start();
    const messages = messagesOf(session);
    const ended = endOf(session);
    const answer = await polling.push(body);
    expect([answer.status, answer.text]).toEqual([200, "ok"]);
    const [reason, error] = await ended;
    expect([reason, error?.code]).toEqual(["parse error", "ERR_PAYLOAD_MALFORMED"]);
    expect(messages).toEqual(body.startsWith("4a") ? ["a"] : []);
    expect((await polling.poll()).status).toBe(400);
  });

  test("that is cancelled closes the session", async () => {
    const { polling, session } = await start();
    const request = httpRequestOf(polling.url(), { method: "POST", headers: { "content-length": 100 } });
    request.on("error", () => undefined);
    request.write("4a");
    await until(() => request.socket?.connecting === false, "the connection");
    await turns();
    const ended = endOf(session);
    request.destroy();
    const [reason, error] = await ended;
    expect([reason, error?.message]).toEqual(["transport error", "data request connection closed prematurely"]);
  });

  test("with a close packet closes the session, and lets the poll go", async () => {
    const { polling, session, engine } = await start();
    const poll = polling.poll();
    await until(() => session.transport.writable, "the poll");
    const ended = endOf(session);
    const messages = messagesOf(session);
    expect((await polling.push("1", "4behind it")).status).toBe(200);
    expect((await poll).text).toBe("6");
    expect(await ended).toEqual(["transport close", undefined]);
    expect(messages).toEqual([]);
    expect(engine.clientsCount).toBe(0);
    expect((await polling.poll()).json()).toEqual({ code: 1, message: "Session ID unknown" });
  });

  test("for a closed session is refused", async () => {
    const { polling, session } = await start();
    session.close(true);
    expect((await polling.push("4a")).status).toBe(400);
  });
});

test.each(["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])(
  "%s is answered 500, and the session lives",
  async (method) => {
    const { polling, session } = await start();
    expect((await polling.request({ method })).status).toBe(500);
    expect(session.readyState).toBe("open");
  },
);

describe("close", () => {
  test("answers the poll that waits", async () => {
    const { polling, session } = await start();
    const poll = polling.poll();
    await until(() => session.transport.writable, "the poll");
    session.close();
    expect(session.readyState).toBe("closed");
    expect((await poll).text).toBe("1");
  });

  test("without a poll waits for the next one, which gets a noop and the close", async () => {
    const { polling, session } = await start();
    const ended = endOf(session);
    session.close();
    expect(session.readyState).toBe("closing");
    expect((await polling.poll()).text).toBe("6\x1e1");
    expect((await ended)[0]).toBe("forced close");
  });

  test("with data queued lets a poll fetch it first", async () => {
    const { polling, session } = await start();
    session.send("a");
    session.close();
    expect((await polling.poll()).text).toBe("4a");
    expect((await polling.poll()).text).toBe("6\x1e1");
    expect(session.readyState).toBe("closed");
  });

  test("ends a POST that is being read", async () => {
    const { polling, session, port } = await start();
    const tcp = await RawTcp.open(port);
    tcp.write(
      `POST ${new URL(polling.url()).pathname}${new URL(polling.url()).search} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4`,
    );
    const other = polling.poll();
    await until(() => session.transport.writable, "the poll");
    session.close(true);
    expect((await tcp.readResponse()).status).toBe(400);
    expect((await other).text).toBe("1");
    tcp.destroy();
  });
});

describe("compression", () => {
  const send = async (options: StartEngineOptions, encoding: string, compress = true) => {
    const { polling, session } = await start(options);
    session.send("x".repeat(2000), { compress });
    session.send("small", { compress: false });
    return polling.poll({ headers: { "accept-encoding": encoding } });
  };

  test.each(["gzip", "deflate"])("by %s when the body reaches the threshold, streamed", async (encoding) => {
    const answer = await send({}, encoding);
    expect(answer.headers["content-encoding"]).toBe(encoding);
    expect(answer.headers["content-length"]).toBeUndefined();
    expect(answer.raw.length).toBeLessThan(200);
    expect(answer.text).toBe(`4${"x".repeat(2000)}\x1e4small`);
  });

  test.each<[string, StartEngineOptions, string, boolean]>([
    ["the client takes none", {}, "identity", true],
    ["it is turned off", { httpCompression: false }, "gzip", true],
    ["the body is below the threshold", { httpCompression: { threshold: 3000 } }, "gzip", true],
    ["no packet wants it", {}, "gzip", false],
  ])("not when %s", async (_name, options, encoding, compress) => {
    const answer = await send(options, encoding, compress);
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.text).toBe(`4${"x".repeat(2000)}\x1e4small`);
  });

  test("runs the callbacks when the response is out", async () => {
    const { polling, session } = await start();
    const sent = new Promise<void>((resolve) => void session.send("x".repeat(5000), () => resolve()));
    await polling.poll({ headers: { "accept-encoding": "gzip" } });
    await sent;
  });

  test("that is cut off leaves nothing behind", async () => {
    const { polling, session, port } = await start();
    const tcp = await RawTcp.open(port, { paused: true });
    session.send(Buffer.alloc(8_000_000, "random enough? no, but large"));
    const { pathname, search } = new URL(polling.url());
    const ended = endOf(session);
    tcp.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n`);
    await until(() => session.transport.bufferedBytes > 0, "the response");
    tcp.reset();
    expect((await ended)[0]).toBe("transport error");
  });
});
