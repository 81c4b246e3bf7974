// Messages over HTTP long-polling: Engine.IO protocol v4, "HTTP long-polling" and "Packet encoding".
import { collect, httpRequest, once, type RawPolling, RawTcp, until } from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { engineUnderTest, type EngineUnderTest, SEPARATOR } from "./support.js";

type Opened = EngineUnderTest & { polling: RawPolling; session: Session };

async function opened(options: Parameters<typeof engineUnderTest>[0] = {}): Promise<Opened> {
  const under = await engineUnderTest(options);
  const connected = under.nextSession();
  const polling = await under.client.polling();
  return { ...under, polling, session: await connected };
}

describe("from the client", () => {
  test("a POST of one packet is answered ok and heard", async () => {
    const { polling, session } = await opened();
    const heard = once(session, "message");
    const answer = await polling.push("4hello");
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("ok");
    expect(answer.headers["content-type"]).toContain("text/html");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect((await heard)[0]).toBe("hello");
    polling.release();
  });

  test("a payload of many packets is heard in order", async () => {
    const { polling, session } = await opened();
    const texts = Array.from({ length: 50 }, (_, i) => `message ${String(i)}`);
    const heard = collect(session, "message", texts.length);
    await polling.push(...texts.map((text) => `4${text}`));
    expect((await heard).map(([data]) => data)).toEqual(texts);
    polling.release();
  });

  test.each(["", "€uro", "𝒳 beyond the basic plane 🎉", "line\nbreak\r\n", "\u2028\u2029", 'quote " and \\', "\u0000"])(
    "the text %j arrives as it is",
    async (text) => {
      const { polling, session } = await opened();
      const heard = once(session, "message");
      await polling.push(`4${text}`);
      expect((await heard)[0] ?? "").toBe(text);
      polling.release();
    },
  );

  test("binary comes as base64 behind b, and is heard as a buffer", async () => {
    const { polling, session } = await opened();
    const heard = collect(session, "message", 2);
    await polling.push("bAQIDBP8=", "b");
    const [first, second] = await heard;
    expect(first?.[0]).toEqual(Buffer.from([1, 2, 3, 4, 255]));
    expect(second?.[0]).toEqual(Buffer.alloc(0));
    polling.release();
  });

  test("a chunked request body is accepted, wherever it is cut", async () => {
    const { polling, session } = await opened();
    const heard = collect(session, "message", 2);
    const bytes = Buffer.from(`4h€llo${SEPARATOR}4world`);
    const answer = await polling.request({
      method: "POST",
      body: Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
    });
    expect(answer.text).toBe("ok");
    expect((await heard).map(([data]) => data)).toEqual(["h€llo", "world"]);
    polling.release();
  });

  test("posts one after the other keep their order", async () => {
    const { polling, session } = await opened();
    const heard = collect(session, "message", 5);
    for (let i = 0; i < 5; i++) await polling.push(`4${String(i)}`);
    expect((await heard).map(([data]) => data)).toEqual(["0", "1", "2", "3", "4"]);
    polling.release();
  });

  test.each([
    { title: "an unknown type", body: "9nonsense" },
    { title: "no type", body: "hello" },
    { title: "an empty body", body: "" },
    { title: "a good packet, then a bad one", body: `4good${SEPARATOR}xbad` },
    { title: "a trailing separator", body: `4good${SEPARATOR}` },
  ])("a payload with $title ends the session with a parse error", async ({ body }) => {
    const { polling, session, engine } = await opened();
    const closed = once(session, "close");
    await polling.request({ method: "POST", body }).catch(() => undefined);
    expect((await closed)[0]).toBe("parse error");
    expect(engine.clientsCount).toBe(0);
    polling.release();
  });

  test("a body at the limit is taken; one byte over gets 413", async () => {
    const { polling, session } = await opened({ maxHttpBufferSize: 1_000 });
    const heard = once(session, "message");
    expect((await polling.push(`4${"x".repeat(999)}`)).status).toBe(200);
    expect(String((await heard)[0])).toHaveLength(999);
    const refused = await polling.push(`4${"x".repeat(1_000)}`);
    expect(refused.status).toBe(413);
    polling.release();
  });

  test("the limit counts bytes, not characters, and holds for chunked bodies", async () => {
    const { polling } = await opened({ maxHttpBufferSize: 1_000 });
    const answer = await polling
      .request({ method: "POST", body: ["4", "€".repeat(200), "€".repeat(200)] })
      .catch((error: unknown) => error);
    // The answer may come while the body is still sent, and the connection end with it.
    if (answer instanceof Error) expect(answer.message).toMatch(/ECONNRESET|EPIPE|socket hang up/);
    else expect(answer).toMatchObject({ status: 413 });
    polling.release();
  });

  test("a body of application/octet-stream gets 400 and ends the session", async () => {
    const { polling, session } = await opened();
    const closed = once(session, "close");
    const answer = await polling.request({
      method: "POST",
      body: Buffer.from([4, 1, 2]),
      headers: { "content-type": "application/octet-stream" },
    });
    expect(answer.status).toBe(400);
    expect((await closed)[0]).toBe("transport error");
    polling.release();
  });
});

describe("to the client", () => {
  test("a poll waits until there is something to say", async () => {
    const { polling, session } = await opened();
    const poll = polling.poll();
    session.send("first");
    const answer = await poll;
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("4first");
    expect(answer.headers["content-type"]).toBe("text/plain; charset=UTF-8");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["content-length"]).toBe("6");
    polling.release();
  });

  test("what was sent between two polls comes in one payload, in order", async () => {
    const { polling, session } = await opened();
    session.send("one");
    session.send(Buffer.from([1, 2, 3]));
    session.send("three €");
    const packets: string[] = [];
    while (packets.length < 3) packets.push(...(await polling.packets()));
    expect(packets).toEqual(["4one", "bAQID", "4three €"]);
    polling.release();
  });

  test("every kind of data goes out as text or base64", async () => {
    const { polling, session } = await opened();
    const bytes = new Uint8Array([0, 1, 2, 3, 4, 5]);
    session.send("");
    session.send(bytes.buffer);
    session.send(bytes.subarray(2, 4));
    session.send(new DataView(bytes.buffer, 4, 2));
    const packets: string[] = [];
    while (packets.length < 4) packets.push(...(await polling.packets()));
    expect(packets).toEqual(["4", "bAAECAwQF", "bAgM=", "bBAU="]);
    polling.release();
  });

  test("send callbacks fire once each, in order, after the packets were handed over", async () => {
    const { polling, session } = await opened();
    const order: string[] = [];
    session.send("a", {}, () => order.push("a"));
    session.send("b", undefined, () => order.push("b"));
    const drained = once(session, "drain");
    await polling.packets();
    await drained;
    if (order.length < 2) await polling.packets();
    expect(order).toEqual(["a", "b"]);
    polling.release();
  });

  test("a second GET at once gets 400 and ends the session", async () => {
    const { polling, session, engine } = await opened();
    const closed = once(session, "close");
    const first = polling.poll().catch((error: unknown) => error);
    await until(() => session.transport.writable, "the first poll");
    expect((await httpRequest(polling.url())).status).toBe(400);
    expect((await closed)[0]).toBe("transport error");
    expect(engine.clientsCount).toBe(0);
    // Nobody is left hanging: the first is answered or its connection ended.
    await first;
    polling.release();
  });

  test("a poll that the client cancels ends the session", async () => {
    const { polling, session, port } = await opened();
    const closed = once(session, "close");
    const tcp = await RawTcp.open(port);
    const { pathname, search } = new URL(polling.url());
    tcp.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => session.transport.writable, "the poll");
    tcp.destroy();
    const [reason, description] = await closed;
    expect(reason).toBe("transport error");
    expect(description).toBeInstanceOf(Error);
    polling.release();
  });

  test("a POST that the client cancels ends the session", async () => {
    const { polling, session, port } = await opened();
    const closed = once(session, "close");
    const tcp = await RawTcp.open(port);
    const { pathname, search } = new URL(polling.url());
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4half`);
    const poll = polling.poll();
    session.send("the poll is answered");
    await poll;
    tcp.destroy();
    expect((await closed)[0]).toBe("transport error");
    polling.release();
  });

  test("a second POST while one is under way gets 400 and ends the session", async () => {
    const { polling, session, port } = await opened();
    const closed = once(session, "close");
    const tcp = await RawTcp.open(port);
    const { pathname, search } = new URL(polling.url());
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4half`);
    const poll = polling.poll();
    session.send("the poll is answered");
    await poll;
    const answer = await polling.push("4second");
    expect(answer.status).toBe(400);
    expect((await closed)[0]).toBe("transport error");
    tcp.destroy();
    polling.release();
  });
});

describe("methods on a live session", () => {
  test.each(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])("%s is refused and the session goes on", async (method) => {
    const { polling, session } = await opened();
    const refused = await polling.request({ method });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    const heard = once(session, "message");
    await polling.push("4still here");
    expect((await heard)[0]).toBe("still here");
    polling.release();
  });
});

test("requests pipelined on one connection are each answered, in order", async () => {
  const { polling, session, port } = await opened();
  const heard = collect(session, "message", 2);
  const tcp = await RawTcp.open(port);
  const { pathname, search } = new URL(polling.url());
  const post = (body: string): string =>
    `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
  tcp.write(post("4one"));
  expect(await tcp.readResponse()).toMatchObject({ status: 200, body: "ok" });
  tcp.write(post("4two"), `GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(await tcp.readResponse()).toMatchObject({ status: 200, body: "ok" });
  expect((await heard).map(([data]) => data)).toEqual(["one", "two"]);
  tcp.destroy();
  polling.release();
});
