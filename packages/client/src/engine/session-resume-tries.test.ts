// How a suspended session is tried to be resumed: when, over what, and what ends it; and what a session says of its counts meanwhile.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { record, websocketOnly } from "./open-session.test.node.js";
import { closeAll, event, until } from "./raw-engine.test.node.js";
import { TERMS, breakAfter, breakOff, comeBack, openResumable, triesOf, type Scene } from "./resumable.test.node.js";

// The middle of the jitter.
beforeEach(() => vi.spyOn(Math, "random").mockReturnValue(0.5));
afterEach(async () => {
  await closeAll();
  vi.restoreAllMocks();
});

const both = { transports: ["polling", "websocket"], upgrade: false };
const pollingOnly = { transports: ["polling"] };

/** Answers tries to resume over polling with a status. */
function refuse({ server }: Scene, status: number, body = ""): void {
  server.options.intercept = (request, response) => {
    if (!/resume=/.test(request.url ?? "")) return false;
    response.writeHead(status).end(body);
    return true;
  };
}

describe("the tries to resume", () => {
  it("begin with the transport that broke and go over the others, again and again, later and later", async () => {
    const scene = await openResumable(both);
    const { server, clock } = scene;
    refuse(scene, 503);
    server.on("websocket", (webSocket: { terminate(): void }) => webSocket.terminate());
    const set = vi.spyOn(clock, "setTimeout");
    await breakOff(scene);
    // The window, and the first try; then a limit for each try, and the wait after it.
    const delays = [60_000, 0];
    expect(set.mock.calls.map(([, delayMs]) => delayMs)).toEqual(delays);
    for (const [index, waitMs] of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].entries()) {
      clock.advance(delays.at(-1) as number);
      delays.push(index % 2 ? 5_000 : 10_000, waitMs);
      await until(() => set.mock.calls.length >= delays.length);
      expect(set.mock.calls.map(([, delayMs]) => delayMs)).toEqual(delays);
    }
    clock.advance(5_000);
    await until(() => triesOf(server).length === 8);
    expect(triesOf(server).map(({ transport, leg }) => `${String(leg)} ${String(transport)}`)).toEqual([
      ...["1 polling", "2 websocket", "3 polling", "4 websocket"],
      ...["5 polling", "6 websocket", "7 polling", "8 websocket"],
    ]);
    expect(scene.session.readyState).toBe("suspended");
  });

  it("begin later each time that the connection breaks before anything has come, and at once when something has", async () => {
    const scene = await openResumable(websocketOnly);
    const { server, session, clock } = scene;
    const set = vi.spyOn(clock, "setTimeout");
    const firstTryAfter = async (): Promise<unknown> => {
      set.mockClear();
      await breakOff(scene);
      return set.mock.calls[1]?.[1];
    };
    for (const delayMs of [0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
      expect(await firstTryAfter()).toBe(delayMs);
      const resumed = event(session, "resume");
      clock.advance(delayMs);
      await resumed;
    }
    const message = event(session, "message");
    server.send("4at last");
    await message;
    expect(await firstTryAfter()).toBe(0);
  });

  it("bring a session whose WebSocket is blocked back over polling, and up again later", async () => {
    const scene = await openResumable({}, { handshake: { upgrades: ["websocket"] } });
    const { server, session, clock } = scene;
    await event(session, "upgrade");
    await until(() => !!server.webSocket);
    const block = (webSocket: { terminate(): void }): void => webSocket.terminate();
    server.on("websocket", block);
    await breakOff(scene);
    clock.advance(0);
    await until(() => triesOf(server).length === 1);
    const resumed = event(session, "resume");
    const failed = event(session, "upgradeError");
    await until(() => {
      clock.advance(50);
      return triesOf(server).length === 2;
    });
    await resumed;
    expect(session.transport.name).toBe("polling");
    await failed;
    server.off("websocket", block);
    const upgraded = event(session, "upgrade");
    clock.advance(9_999);
    expect(session.upgrading).toBe(false);
    clock.advance(1);
    await upgraded;
    expect(session.transport.name).toBe("websocket");
    const [last] = server.requests.slice(-1);
    expect(Object.fromEntries(last?.url.searchParams ?? [])).toEqual({
      ...{ EIO: "4", transport: "websocket", sid: "raw", leg: "2" },
    });
  });

  it("are given up one after the other when nothing answers", async () => {
    const scene = await openResumable(both);
    const { server, clock } = scene;
    await breakOff(scene);
    server.options.intercept = () => true;
    const resumed = event(scene.session, "resume");
    clock.advance(0);
    await until(() => triesOf(server).length === 1);
    clock.advance(9_999);
    expect(server.connections.size).toBe(1);
    clock.advance(1 + 250);
    await until(() => triesOf(server).length === 2);
    expect(triesOf(server)[1]?.transport).toBe("websocket");
    await resumed;
  });

  it("limit a WebSocket that hangs to five seconds", async () => {
    const scene = await openResumable(websocketOnly);
    const { server, session, clock } = scene;
    await breakOff(scene);
    Object.defineProperty(server, "resumed", { configurable: true, value: "6" });
    clock.advance(0);
    await until(() => triesOf(server).length === 1);
    const resumed = event(session, "resume");
    delete (server as { resumed?: string }).resumed;
    await until(() => {
      clock.advance(250);
      return triesOf(server).length === 2;
    });
    await resumed;
  });

  it.each([
    ["a refusal that is not about the session", 403, '{"code":4,"message":"Forbidden"}'],
    ["a 400 for something else", 400, '{"code":3,"message":"Bad request"}'],
    ["a 400 with no reason", 400, ""],
    ["a code 1 that is only the beginning", 400, '{"code":12}'],
    ["an error of a proxy", 502, '{"code":1}'],
  ])("go on after %s", async (_, status, body) => {
    const scene = await openResumable(pollingOnly);
    await breakOff(scene);
    refuse(scene, status, body);
    scene.clock.advance(0);
    await until(() => triesOf(scene.server).length === 1);
    delete scene.server.options.intercept;
    const resumed = event(scene.session, "resume");
    await until(() => {
      scene.clock.advance(50);
      return triesOf(scene.server).length === 2;
    });
    await resumed;
  });

  it("end when the server does not know the session: over polling", async () => {
    const scene = await openResumable(pollingOnly);
    await breakOff(scene);
    refuse(scene, 400, '{"code":1,"message":"Session ID unknown"}');
    const seen = record(scene.session, "error", "resume");
    const closed = event(scene.session, "close");
    scene.clock.advance(0);
    expect(await closed).toEqual(["session unknown", expect.objectContaining({ description: 400 })]);
    expect([seen, scene.clock.timers]).toEqual([[], 0]);
  });

  it("end when the server does not know the session: over WebSocket", async () => {
    const scene = await openResumable(websocketOnly);
    await breakOff(scene);
    const closed = event(scene.session, "close");
    Object.defineProperty(scene.server, "resumed", { value: "" });
    scene.server.on("websocket", (webSocket: { close(code: number): void }) => webSocket.close(4007));
    scene.clock.advance(0);
    expect((await closed)[0]).toBe("session unknown");
  });

  it.each(["0", "0{}", '0{"sid":"raw","upgrades":[],"pingInterval":1,"pingTimeout":1}', "4x", "1"])(
    "go on when the answer is %j",
    async (answer) => {
      const scene = await openResumable(websocketOnly);
      const { server, session, clock } = scene;
      await breakOff(scene);
      const seen = record(session, "message", "close");
      Object.defineProperty(server, "resumed", { configurable: true, value: answer });
      clock.advance(0);
      await until(() => triesOf(server).length === 1);
      delete (server as { resumed?: string }).resumed;
      const resumed = event(session, "resume");
      await until(() => {
        clock.advance(50);
        return triesOf(server).length === 2;
      });
      await resumed;
      expect(seen).toEqual([]);
    },
  );

  it("leave the transport that is dropped without a word that would end the session", async () => {
    const scene = await openResumable({ ...websocketOnly });
    const closed = event<[number]>(scene.server.webSocket as never, "close");
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + 45_001);
    scene.session.isStale();
    expect((await closed)[0]).toBe(4000);
  });

  it("pass over what the old transport still brings", async () => {
    const scene = await openResumable(websocketOnly);
    const { server, session } = scene;
    const old = server.webSocket;
    const received: unknown[] = [];
    session.on("message", (data) => received.push(data));
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + 45_001);
    const suspended = event(session, "suspend");
    session.isStale();
    old?.send("4too late");
    await suspended;
    vi.mocked(Date.now).mockRestore();
    await comeBack(scene);
    server.send("4new");
    await until(() => received.length === 1);
    expect(received).toEqual(["new"]);
    expect(triesOf(server)[0]?.resume).toBe("0");
  });
});

describe("a session that can be resumed, over polling", () => {
  it("says on each request what has come, and on each POST what was sent before", async () => {
    const scene = await openResumable(pollingOnly, { handshake: { maxPayload: 8 } });
    const { server, session } = scene;
    server.send("4a", "4b");
    await event(session, "message");
    for (const text of ["one", "two", "three"]) session.send(text);
    await until(() => server.packets.length === 3);
    server.send("22");
    await until(() => server.packets.length === 4);
    expect(server.packets[3]).toBe("32");
    const requests = server.requests.slice(1).map(({ method, url }) => {
      const { ack, n } = Object.fromEntries(url.searchParams);
      return method === "POST" ? `POST n=${String(n)} ack=${String(ack)}` : `GET ack=${String(ack)}`;
    });
    expect(requests[0]).toBe("GET ack=0");
    expect(requests.filter((text) => text.startsWith("POST"))).toEqual([
      ...["POST n=0 ack=2", "POST n=1 ack=2", "POST n=2 ack=2", "POST n=3 ack=2"],
    ]);
    await until(() => server.requests.some(({ method, url }) => method === "GET" && /ack=2/.test(url.search)));
    expect(server.packets.some((packet) => String(packet).startsWith("6"))).toBe(false);
  });

  it("sends again in bodies that fit, each with its place", async () => {
    const scene = await openResumable(pollingOnly, { handshake: { maxPayload: 9 } });
    const { server, session } = scene;
    session.send("a");
    await event(server, "packet");
    session.send("vv", { volatile: true }).send("bbb").send("cc");
    server.options.intercept = (request) => request.method === "POST" && !!request.socket.resetAndDestroy();
    await event(session, "suspend");
    delete server.options.intercept;
    session.send("dddddddddddddd");
    await comeBack(scene);
    await until(() => server.packets.length === 5);
    expect(server.packets).toEqual(["4a", "6+1", "4bbb", "4cc", "4dddddddddddddd"]);
    const posts = server.requests.filter(({ method, url }) => method === "POST" && /leg=1/.test(url.search));
    expect(posts.map(({ url, body }) => [url.searchParams.get("n"), body])).toEqual([
      ["1", "6+1\x1e4bbb"],
      ["3", "4cc"],
      ["4", "4dddddddddddddd"],
    ]);
  });

  it("sends nothing twice when the answer to a POST was lost", async () => {
    const scene = await openResumable(pollingOnly);
    const { server, session } = scene;
    session.send("a").send("b");
    await breakAfter(scene, 2);
    session.send("c");
    expect(await comeBack(scene)).toEqual({ replayed: 0 });
    await until(() => server.packets.length === 3);
    expect(server.packets).toEqual(["4a", "4b", "4c"]);
    expect(server.requests.at(-1)?.url.searchParams.get("n")).toBe("2");
  });

  it("ends as ever when the server finds a body too large, for it would only come again", async () => {
    const scene = await openResumable(pollingOnly);
    const { server, session } = scene;
    const seen = record(session, "suspend", "error");
    server.options.intercept = (request, response) => request.method === "POST" && !!response.writeHead(413).end();
    const closed = event(session, "close");
    session.send("x");
    expect(await closed).toEqual(["transport error", expect.objectContaining({ description: 413 })]);
    expect(seen).toEqual(["error"]);
  });

  it("asks for its session when the server refuses a request for another reason", async () => {
    const scene = await openResumable(pollingOnly);
    const { server, session } = scene;
    server.options.intercept = (request, response) =>
      request.method === "POST" && !!response.writeHead(400).end('{"code":3,"message":"Bad request"}');
    const suspended = event(session, "suspend");
    session.send("x");
    expect(await suspended).toEqual(["transport error", expect.objectContaining({ description: 400 })]);
  });

  it("leaves out the attachments of what is left out", async () => {
    const scene = await openResumable(pollingOnly, { handshake: { maxPayload: 8 } });
    const { server, session } = scene;
    server.options.intercept = (request) => request.method === "POST" && !!request.socket.resetAndDestroy();
    const suspended = event(session, "suspend");
    session.send("v", { volatile: true });
    for (const byte of [1, 2]) session.send(Buffer.from([byte]), { volatile: true });
    session.send("next");
    await suspended;
    delete server.options.intercept;
    expect(await comeBack(scene)).toEqual({ replayed: 0 });
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["6+2", "4next"]);
  });
});

describe("a session that can be resumed, over WebSocket", () => {
  it("acknowledges 32 messages at once, and fewer after a second", async () => {
    const { server, session, clock } = await openResumable(websocketOnly);
    for (let index = 0; index < 32; index++) server.send("4x");
    expect(await event(server, "packet")).toEqual(["632"]);
    server.send("4y", "4z");
    await event(session, "message");
    await new Promise(setImmediate);
    clock.advance(999);
    await new Promise(setImmediate);
    expect(server.packets).toEqual(["632"]);
    clock.advance(1);
    expect(await event(server, "packet")).toEqual(["634"]);
  });

  it("acknowledges 64 KiB at once", async () => {
    const { server } = await openResumable(websocketOnly);
    server.send(`4${"x".repeat(65_535)}`, "4y");
    expect(await event(server, "packet")).toEqual(["62"]);
  });

  it("acknowledges with the answer to a ping, and then no more", async () => {
    const { server, session, clock } = await openResumable(websocketOnly);
    server.send("4x", "20");
    expect(await event(server, "packet")).toEqual(["31"]);
    clock.advance(1_000);
    session.send("end");
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["31", "4end"]);
  });

  it("acknowledges after an upgrade what the last polls brought", async () => {
    const { server, session } = await openResumable({}, { handshake: { upgrades: ["websocket"] }, upgrades: false });
    server.on("probe", (webSocket: { send(text: string): void }) => {
      webSocket.send("3probe");
      server.send("4last");
    });
    await event(session, "upgrade");
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["5", "61"]);
  });

  it("is suspended by a close that nobody meant", async () => {
    const scene = await openResumable(websocketOnly);
    const suspended = event(scene.session, "suspend");
    scene.server.webSocket?.close(1001);
    expect(await suspended).toEqual(["transport close", expect.objectContaining({ context: expect.anything() })]);
    await comeBack(scene);
  });

  it.each([1000, undefined])("closes with a close frame of code %s", async (code) => {
    const { server, session } = await openResumable(websocketOnly);
    const seen = record(session, "suspend");
    const closed = event(session, "close");
    server.webSocket?.close(code);
    expect((await closed)[0]).toBe("transport close");
    expect(seen).toEqual([]);
  });
});

describe("a break during an upgrade", () => {
  const engine = { handshake: { upgrades: ["websocket"], resume: TERMS }, upgrades: false };

  it("while it is probed gives the upgrade up, and the session goes on", async () => {
    const scene = await openResumable({}, engine);
    await event(scene.server, "probe");
    const seen = record(scene.session, "upgradeError", "upgrade");
    await breakOff(scene);
    const probed = event(scene.server, "probe");
    await comeBack(scene);
    expect(scene.session.transport.name).toBe("polling");
    await probed;
    expect(seen).toEqual([]);
  });

  it("while the old transport is silenced keeps what was sent meanwhile", async () => {
    const scene = await openResumable({}, engine);
    const { server, session } = scene;
    server.once("probe", (webSocket: { send(text: string): void }) => webSocket.send("3probe"));
    await event(session, "upgrading");
    session.send("meanwhile");
    await breakOff(scene);
    await comeBack(scene);
    await until(() => server.packets.length === 1);
    expect(server.packets).toEqual(["4meanwhile"]);
  });

  it("right after the swap brings the session back over WebSocket or polling", async () => {
    const scene = await openResumable({}, { ...engine, upgrades: true });
    const { server, session } = scene;
    await event(session, "upgrade");
    session.send("lost");
    const suspended = event(session, "suspend");
    server.connections.forEach((socket) => socket.resetAndDestroy());
    await suspended;
    server.packets.length = 0;
    server.received = 0;
    expect(await comeBack(scene)).toEqual({ replayed: 1 });
    expect(triesOf(server)[0]?.transport).toBe("websocket");
    await until(() => server.packets.length === 1);
    expect(server.packets).toEqual(["4lost"]);
  });
});
