import { createServer } from "node:http";
import type { OutgoingHttpHeaders, IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import {
  RawEngineClient,
  UpgradeRefused,
  collect,
  httpRequest,
  once,
  startEngine,
  turns,
  until,
} from "@everwire/testkit";
import type { StartEngineOptions, StartedEngine } from "@everwire/testkit";
import type { Socket } from "@everwire/server/engine";
import { Server, listen, protocol, transports } from "@everwire/server/engine";

interface Setup extends StartedEngine {
  readonly client: RawEngineClient;
  readonly base: string;
}

async function start(options: StartEngineOptions = {}): Promise<Setup> {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  const client = new RawEngineClient(started.url, { path: "/engine.io/" });
  return { ...started, client, base: `${started.url}/engine.io/` };
}

const refusedUpgrade = async (opening: Promise<unknown>): Promise<UpgradeRefused> => {
  const error: unknown = await opening.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UpgradeRefused);
  return error as UpgradeRefused;
};

describe("headers", () => {
  test("can be changed on every response, and on the first alone", async () => {
    const { client, engine } = await start();
    engine.on("initial_headers", (headers: OutgoingHttpHeaders, request: IncomingMessage) => {
      headers["x-initial"] = String(request.method);
    });
    engine.on("headers", (headers: OutgoingHttpHeaders) => {
      headers["x-every"] = "1";
      headers["set-cookie"] = ["a=1", "b=2"];
    });
    const polling = await client.polling();
    expect(polling.opening.headers).toMatchObject({ "x-initial": "GET", "x-every": "1", "set-cookie": ["a=1", "b=2"] });
    const pushed = await polling.push("4a");
    expect(pushed.headers["x-every"]).toBe("1");
    expect(pushed.headers["x-initial"]).toBeUndefined();
    const { headers } = await client.websocket();
    expect(headers).toMatchObject({ "x-initial": "GET", "x-every": "1", "set-cookie": ["a=1", "b=2"] });
    const probing = await client.socket({ sid: polling.sid });
    expect(probing.headers["x-every"]).toBe("1");
    expect(probing.headers["x-initial"]).toBeUndefined();
  });

  test("carry a cookie with the id when asked, on the first response of polling only", async () => {
    const { client } = await start({ cookie: { name: "route", sameSite: "strict" } });
    const polling = await client.polling();
    expect(polling.opening.headers["set-cookie"]).toEqual([`route=${polling.sid}; Path=/; HttpOnly; SameSite=Strict`]);
    expect((await polling.push("4a")).headers["set-cookie"]).toBeUndefined();
    expect((await client.websocket()).headers["set-cookie"]).toBeUndefined();
  });

  test("carry no cookie otherwise", async () => {
    const { client } = await start();
    expect((await client.polling()).opening.headers["set-cookie"]).toBeUndefined();
  });

  test("S28 old Internet Explorer is told to leave responses alone", async () => {
    const { client } = await start();
    const agents = [
      "Mozilla/5.0 (compatible;MSIE 9.0)",
      "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
    ];
    for (const agent of agents) {
      const { opening } = await client.polling({ headers: { "user-agent": agent } });
      expect(opening.headers["x-xss-protection"]).toBe("0");
    }
    expect((await client.polling()).opening.headers["x-xss-protection"]).toBeUndefined();
  });
});

describe("close", () => {
  test("ends every session and every connection, and leaves nothing behind", async () => {
    const { client, engine, connections, httpServer } = await start();
    const reasons = collect<[string]>(engine, "session closed", 3);
    engine.on("connection", (session: Socket) => {
      session.on("close", (reason: string) => engine.emit("session closed", reason));
    });
    const polling = await client.polling();
    const poll = polling.poll();
    const socket = await client.websocket();
    const upgrading = await client.polling();
    const probe = await client.probe(upgrading.sid);
    await turns();
    expect(engine.close()).toBe(engine);
    expect(await reasons).toEqual([["forced close"], ["forced close"], ["forced close"]]);
    expect((await poll).text).toBe("1");
    await Promise.all([socket.closed(), probe.closed()]);
    expect(engine.clientsCount).toBe(0);
    polling.release();
    upgrading.release();
    const closed = once(httpServer, "close");
    httpServer.close();
    await closed;
    await until(() => connections.size === 0, "the end of every connection");
  });

  test("refuses new sessions, until the engine is used again", async () => {
    const { client, engine } = await start();
    engine.close();
    expect((await httpRequest(client.url("polling"))).status).toBe(503);
    expect((await refusedUpgrade(client.socket())).status).toBe(503);
    engine.init();
    await client.polling();
    await client.websocket();
  });

  test("while a session is being let in refuses it", async () => {
    const answers: (() => void)[] = [];
    const { client, engine } = await start({ allowRequest: (_request, done) => answers.push(() => done(null, true)) });
    const opening = httpRequest(client.url("polling"));
    const socket = client.socket();
    while (answers.length < 2) await turns(1);
    engine.close();
    for (const answer of answers) answer();
    expect((await opening).status).toBe(503);
    expect((await refusedUpgrade(socket)).status).toBe(503);
    expect(engine.clientsCount).toBe(0);
  });

  test("a client that does not answer the close frame is cut off", async () => {
    const { client, engine, connections } = await start();
    const socket = await client.websocket();
    socket.ws.pause();
    engine.close();
    while (connections.size > 0) await turns(1);
    socket.terminate();
  });
});

describe("public exports", () => {
  test("are those of an Engine.IO server", () => {
    expect(protocol).toBe(4);
    expect(Object.keys(transports)).toEqual(expect.arrayContaining(["polling", "websocket"]));
  });

  test("listen makes a server that answers 501 to all else", async () => {
    const listening = await new Promise<Server>((resolve) => {
      const made: Server = listen(0, { pingInterval: 77 }, () => resolve(made));
    });
    onTestFinished(() => void listening.httpServer?.close());
    const { port } = listening.httpServer?.address() as { port: number };
    const answer = await httpRequest(`http://localhost:${port}/elsewhere`);
    expect([answer.status, answer.text]).toEqual([501, "Not Implemented"]);
    const { handshake } = await new RawEngineClient(`http://localhost:${port}`, { path: "/engine.io/" }).websocket();
    expect(handshake.pingInterval).toBe(77);
    listening.close();
  });

  test("listen takes a callback alone", async () => {
    const made = await new Promise<Server>((resolve) => {
      const server: Server = listen(0, () => resolve(server));
    });
    made.httpServer?.close();
  });

  test("a first argument that is no options object is passed over", () => {
    const http = createServer();
    expect(new Server(http).opts.pingInterval).toBe(25_000);
    expect(new Server(http, { pingInterval: 5 }).opts.pingInterval).toBe(5);
    expect(new Server(undefined, { pingInterval: 5 }).opts.pingInterval).toBe(5);
    expect(new Server({ pingInterval: 5 }).opts.pingInterval).toBe(5);
  });

  test("requests may be handed over by hand", async () => {
    const engine = new Server();
    const started = await startEngine({
      create: (http) => {
        http.on("request", (request, response) => engine.handleRequest(request, response));
        http.on("upgrade", (request, socket, head) => engine.handleUpgrade(request, socket, head));
        return engine;
      },
    });
    onTestFinished(() => started.close());
    const client = new RawEngineClient(started.url, { path: "/anywhere" });
    const polling = await client.polling();
    const { socket } = await client.upgrade(polling);
    engine.clients[polling.sid]?.send("hello");
    expect(await socket.next()).toBe("4hello");
  });

  test("another WebSocket engine with the same interface may be given", async () => {
    class OtherEngine extends WebSocketServer {}
    const { client, engine } = await start({ wsEngine: OtherEngine });
    expect(engine.ws).toBeInstanceOf(OtherEngine);
    engine.on("connection", (session: Socket) => {
      session.on("message", (data: string | Buffer) => {
        session.send(data);
        session.send("behind it");
      });
    });
    const socket = await client.websocket();
    socket.send("4echo");
    expect(await socket.next()).toBe("4echo");
    expect(await socket.next()).toBe("4behind it");
    socket.send(Buffer.from([1, 2]));
    expect(await socket.next()).toEqual(Buffer.from([1, 2]));
    let pongs = 0;
    socket.ws.on("pong", () => (pongs += 1));
    const pong = once(socket.ws, "pong");
    socket.ws.ping("x");
    await pong;
    // A second answer would come before that of a later message.
    socket.send("4again");
    while ((await socket.next()) !== "4again");
    expect(pongs).toBe(1);
  });
});
