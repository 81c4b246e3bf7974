// WebTransport: how a session is opened, or moved from polling, and everything that is refused. Real sessions, frames by hand.
import type { IncomingMessage } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { once, streamFrame as frame, until } from "@everwire/testkit";
import { transports as byName, type ServerOptions } from "@everwire/server/engine";
import { RawWebTransport, serveWebTransport } from "../support/webtransport.js";
import { type EngineUnderTest, engineUnderTest, ENGINE_PATH, serverUnderTest, SOCKET_PATH } from "./support.js";

const TRANSPORTS = ["polling", "websocket", "webtransport"] as const;

interface Refused {
  readonly code: number;
  readonly context: object;
}

interface WebTransportUnderTest extends EngineUnderTest {
  /** Opens a WebTransport session, and its stream with what is given as the first bytes. */
  connect(...first: Uint8Array[]): Promise<RawWebTransport>;
}

async function webTransportUnderTest(options: ServerOptions = {}): Promise<WebTransportUnderTest> {
  const engine = await engineUnderTest({ transports: TRANSPORTS, ...options });
  const { url } = await serveWebTransport(engine.engine, ENGINE_PATH);
  const connect = async (...first: Uint8Array[]): Promise<RawWebTransport> => {
    const raw = await RawWebTransport.connect(url + ENGINE_PATH);
    return first.length === 0 ? raw : raw.open(...first);
  };
  return { ...engine, connect };
}

const open = (sid?: string): Buffer => frame(sid === undefined ? "0" : `0${JSON.stringify({ sid })}`);

test("the transports by name have it, and the name is no text that a query may hold", async () => {
  expect(Object.keys(byName)).toEqual(["polling", "websocket", "webtransport"]);
  const { url } = await engineUnderTest({ transports: TRANSPORTS });
  const response = await fetch(`${url}${ENGINE_PATH}?EIO=4&transport=webtransport`);
  expect([response.status, await response.json()]).toEqual([400, { code: 0, message: "Transport unknown" }]);
});

test("an empty open packet opens a session, without a request and without asking for an id", async () => {
  const { engine, connect, nextSession } = await webTransportUnderTest({ maxHttpBufferSize: 12_345 });
  engine.generateId = vi.fn(() => "never");
  const opened = nextSession();
  const raw = await connect(open());
  const handshake = JSON.parse(String(await raw.next()).slice(1)) as { sid: string };
  expect(handshake).toEqual({
    sid: expect.stringMatching(/^[\w-]{20,}$/) as string,
    upgrades: [],
    pingInterval: 25_000,
    pingTimeout: 20_000,
    maxPayload: 12_345,
  });
  const session = await opened;
  expect(engine.generateId).not.toHaveBeenCalled();
  const { id, protocol, readyState, remoteAddress, request, transport } = session;
  expect([id, protocol, readyState]).toEqual([handshake.sid, 4, "open"]);
  expect([remoteAddress, request]).toEqual([undefined, undefined]);
  expect([transport.name, transport instanceof byName.webtransport]).toEqual(["webtransport", true]);
  expect(engine.clientsCount).toBe(1);
});

test("the initial packet follows the handshake", async () => {
  const { connect } = await webTransportUnderTest({ initialPacket: "hello" });
  const raw = await connect(open());
  expect(await raw.next()).toMatch(/^0\{/);
  expect(await raw.next()).toBe("4hello");
});

test("a socket's handshake is empty of what a request would tell", async () => {
  const { io } = await serverUnderTest({ transports: TRANSPORTS });
  const { url } = await serveWebTransport(io.engine, SOCKET_PATH);
  const raw = await RawWebTransport.connect(url + SOCKET_PATH);
  await raw.open(open());
  await raw.next();
  const connected = once<[{ handshake: object }]>(io, "connection");
  await raw.send('40{"token":"abc"}');
  const [{ handshake }] = await connected;
  expect(handshake).toMatchObject({ headers: {}, query: {}, secure: true, xdomain: false, auth: { token: "abc" } });
  expect(await raw.next()).toMatch(/^40\{"sid":/);
});

describe("refused, and the session closed", () => {
  test.each<[string, string, Uint8Array, number]>([
    ["a message", "first", frame("4hello"), 3],
    ["a ping", "first", frame("2probe"), 3],
    ["no packet", "first", frame("x"), 3],
    ["a binary frame", "first", frame(Buffer.from("0")), 3],
    ["an empty frame", "first", Buffer.from([0]), 3],
    ["a frame over the limit", "first", Buffer.from([127, 0, 0, 0, 0, 0, 15, 66, 65]), 3],
    ["two open packets", "first", Buffer.concat([frame('0{"sid":"x"}'), open()]), 1],
    ["text that is no JSON", "sid", frame("0{"), 1],
    ["no sid", "sid", frame("0{}"), 1],
    ["null", "sid", frame("0null"), 1],
    ["a list", "sid", frame("0[]"), 1],
    ["an empty sid", "sid", open(""), 1],
    ["a number", "sid", frame('0{"sid":5}'), 1],
    ["an unknown sid", "sid", open("unknown"), 1],
    ["__proto__", "sid", open("__proto__"), 1],
    ["constructor", "sid", open("constructor"), 1],
  ])("%s as %s", async (_what, _where, bytes, code) => {
    const { engine, connect } = await webTransportUnderTest();
    const onConnection = vi.fn();
    engine.on("connection", onConnection);
    const refused = once<[Refused]>(engine, "connection_error");
    const raw = await connect(bytes);
    await raw.ended();
    expect((await refused)[0].code).toBe(code);
    expect(onConnection).not.toHaveBeenCalled();
    expect(engine.clientsCount).toBe(0);
  });

  test.each<[string, Uint8Array[]]>([
    ["no stream", []],
    ["half a frame", [Buffer.from([12, 48])]],
  ])("%s within the upgrade timeout", async (_what, first) => {
    const { engine, connect } = await webTransportUnderTest({ upgradeTimeout: 100 });
    const raw = await connect(...first);
    await raw.ended();
    expect(engine.clientsCount).toBe(0);
  });

  test("any, when there is middleware", async () => {
    const { engine, connect } = await webTransportUnderTest();
    const middleware = vi.fn((_request: unknown, _response: unknown, next: () => void) => next());
    engine.use(middleware);
    const raw = await connect();
    await raw.ended();
    expect([middleware.mock.calls.length, engine.clientsCount]).toEqual([0, 0]);
  });

  test("any, when the transport is not enabled", async () => {
    const { connect, engine } = await webTransportUnderTest({ transports: ["polling", "websocket"] });
    const refused = once<[Refused]>(engine, "connection_error");
    await (await connect()).ended();
    const [{ code, context }] = await refused;
    expect([code, context]).toEqual([0, { transport: "webtransport" }]);
  });

  test("any, when the engine is closed", async () => {
    const { connect, engine } = await webTransportUnderTest();
    engine.close();
    await (await connect()).ended();
  });

  test("a session that allowRequest does not want; it is asked for new ones only, with what is known of the request", async () => {
    const asked: IncomingMessage[] = [];
    const { engine, connect, client } = await webTransportUnderTest({
      allowRequest: (request, answer) => {
        asked.push(request);
        setImmediate(answer, "not today", request.method === "GET");
      },
    });
    const refused = once<[Refused]>(engine, "connection_error");
    await (await connect(open())).ended();
    const [{ code, context }] = await refused;
    expect([code, context]).toEqual([4, { message: "not today" }]);
    expect(asked.map(({ url, method }) => [url, method])).toEqual([[ENGINE_PATH, "CONNECT"]]);
    expect(asked[0]?.headers.host).toMatch(/^127\.0\.0\.1:\d+$/);

    const polling = await client.polling();
    const raw = await connect(open(polling.sid), frame("2probe"));
    expect(await raw.next()).toBe("3probe");
    expect(asked).toHaveLength(2);
  });
});

describe("the upgrade from polling", () => {
  test.each<[readonly string[], string[]]>([
    [
      ["polling", "websocket", "webtransport"],
      ["websocket", "webtransport"],
    ],
    [["polling", "webtransport"], ["webtransport"]],
    [["polling", "websocket"], ["websocket"]],
  ])("is announced where it is enabled: %j", async (transports, upgrades) => {
    const { client } = await engineUnderTest({ transports: transports as ServerOptions["transports"] & object });
    expect((await client.polling()).handshake.upgrades).toEqual(upgrades);
  });

  test("takes the session along: messages of both sides, in order", async () => {
    const { connect, client, nextSession } = await webTransportUnderTest();
    const opened = nextSession();
    const polling = await client.polling();
    const session = await opened;
    const received: unknown[] = [];
    session.on("message", (data: unknown) => received.push(data));
    session.send("by polling");
    expect(await polling.packets()).toEqual(["4by polling"]);
    await polling.push("4one");

    // All at once: what is behind the first frame must not be lost.
    const upgrading = once<[{ name: string }]>(session, "upgrading");
    const raw = await connect(Buffer.concat([open(polling.handshake.sid), frame("2probe")]));
    expect((await upgrading)[0].name).toBe("webtransport");
    expect(await raw.next()).toBe("3probe");
    expect([session.upgrading, session.upgraded]).toEqual([true, false]);
    // No poll waits for it.
    session.send("waits");
    const upgraded = once(session, "upgrade");
    await raw.send("5", "4two", Buffer.from([3]));
    await upgraded;
    expect([session.upgrading, session.upgraded]).toEqual([false, true]);
    session.send("by webtransport");
    expect([await raw.next(), await raw.next()]).toEqual(["4waits", "4by webtransport"]);
    await until(() => received.length === 3, "all messages");
    expect(received).toEqual(["one", "two", Buffer.from([3])]);
    expect((await polling.request()).status).toBe(400);
  });

  test("releases the poll that waits, so that the client can end its polling", async () => {
    const { connect, client } = await webTransportUnderTest();
    const polling = await client.polling();
    const waiting = polling.packets();
    const raw = await connect(open(polling.sid), frame("2probe"));
    expect(await raw.next()).toBe("3probe");
    expect(await waiting).toEqual(["6"]);
  });

  test.each<[string, string[]]>([
    ["while it upgrades", ["2probe"]],
    ["when it has upgraded", ["2probe", "5"]],
  ])("is not taken a second time %s; the session lives on", async (_when, steps) => {
    const { connect, client, nextSession } = await webTransportUnderTest();
    const opened = nextSession();
    const polling = await client.polling();
    const session = await opened;
    const raw = await connect(open(polling.sid));
    await raw.send(...steps);
    expect(await raw.next()).toBe("3probe");
    await until(() => session.upgraded === steps.includes("5"), "the upgrade");
    const second = await connect(open(polling.sid));
    await second.ended();
    expect([session.readyState, raw.isClosed]).toEqual(["open", false]);
    if (!session.upgraded) await raw.send("5");
    session.send("still here");
    expect(await raw.next()).toBe("4still here");
  });

  test.each<[string, Partial<ServerOptions>]>([
    ["when upgrades are off", { allowUpgrades: false }],
    ["when the transport is not enabled", { transports: ["polling", "websocket"] }],
  ])("is refused %s; the session lives on", async (_when, options) => {
    const { connect, client, engine } = await webTransportUnderTest(options);
    const polling = await client.polling();
    await (await connect(open(polling.sid))).ended();
    expect(engine.clients[polling.sid]?.readyState).toBe("open");
  });

  test("is refused to a session of revision 3, which knows no WebTransport", async () => {
    const { connect, engine, url } = await webTransportUnderTest({ allowEIO3: true });
    const answer = await fetch(`${url}${ENGINE_PATH}?EIO=3&transport=polling`);
    const sid = /"sid":"([^"]+)"/.exec(await answer.text())?.[1];
    await (await connect(open(sid))).ended();
    expect(engine.clients[String(sid)]?.readyState).toBe("open");
  });

  test("is refused from a WebSocket", async () => {
    const { connect, client, engine } = await webTransportUnderTest();
    const socket = await client.websocket();
    await (await connect(open(socket.handshake.sid))).ended();
    expect(engine.clients[socket.handshake.sid]?.transport.name).toBe("websocket");
  });

  test.each<[string, (raw: RawWebTransport) => Promise<unknown>]>([
    ["sends something else", (raw) => raw.send("4early")],
    ["sends what is no frame", (raw) => raw.write(Buffer.from([0]))],
    ["ends its stream", (raw) => raw.stream.finish()],
    ["closes", async (raw) => raw.session.close()],
    ["says nothing", async () => undefined],
  ])("is given up when the candidate %s; the session lives on, and may try again", async (_what, step) => {
    const { connect, client, nextSession } = await webTransportUnderTest({ upgradeTimeout: 300 });
    const opened = nextSession();
    const polling = await client.polling();
    const session = await opened;
    const raw = await connect(open(polling.sid));
    await until(() => session.upgrading, "the attempt");
    await step(raw);
    await raw.ended();
    await until(() => !session.upgrading, "its end");
    expect([session.readyState, session.upgraded]).toEqual(["open", false]);
    const again = await connect(open(polling.sid), frame("2probe"));
    expect(await again.next()).toBe("3probe");
  });

  test("ends with the session", async () => {
    const { connect, client, nextSession } = await webTransportUnderTest();
    const opened = nextSession();
    const polling = await client.polling();
    const raw = await connect(open(polling.sid), frame("2probe"));
    expect(await raw.next()).toBe("3probe");
    (await opened).close(true);
    await raw.ended();
  });
});
