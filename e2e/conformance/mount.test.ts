// Where a server can hang: node http and https, express 4 and 5, plain handlers, beside others on one HTTP server.
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { httpRequest, once, RawEngineClient, RawTcp, startHttpServer, until, upgradeRequest } from "@everwire/testkit";
import { Server, type Socket } from "@everwire/server";
import { attach, listen, Server as EngineServer } from "@everwire/server/engine";
import express from "express";
import express4 from "express4";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { ENGINE_PATH, SOCKET_PATH } from "./support.js";

/** A whole round on both transports: connect, an event, an acknowledgement, disconnect. */
async function bothTransportsWork(url: string, path = SOCKET_PATH): Promise<void> {
  const client = new RawEngineClient(url, { path });
  const { socket } = await client.connected();
  socket.send('421["echo","x"]');
  expect(await socket.nextText()).toBe('431["x"]');
  await socket.close();
  const polling = await client.polling();
  await polling.push("40");
  expect(await polling.next()).toMatch(/^40\{/);
  await polling.push('421["echo","y"]');
  expect(await polling.next()).toBe('431["y"]');
  const upgraded = await client.upgrade(polling);
  upgraded.socket.send('422["echo","z"]');
  expect(await upgraded.socket.nextText()).toBe('432["z"]');
  await upgraded.socket.close();
  polling.release();
}

function withEcho(io: Server): Server {
  io.on("connection", (socket: Socket) => {
    socket.on("echo", (value: unknown, ack: (value: unknown) => void) => {
      ack(value);
    });
  });
  onTestFinished(async () => {
    await io.close();
  });
  return io;
}

async function listening(server: HttpServer): Promise<string> {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe("on a plain server", () => {
  test("given to the constructor", async () => {
    const http = createServer();
    withEcho(new Server(http));
    await bothTransportsWork(await listening(http));
  });

  test("given to attach and to listen", async () => {
    for (const method of ["attach", "listen"] as const) {
      const http = createServer();
      const io = withEcho(new Server());
      expect(io[method](http)).toBe(io);
      await bothTransportsWork(await listening(http));
    }
  });

  test("that it makes itself, for a port", async () => {
    const io = withEcho(new Server(0));
    const http = io.httpServer as HttpServer;
    if (!http.listening) await once(http, "listening");
    await bothTransportsWork(`http://127.0.0.1:${String((http.address() as AddressInfo).port)}`);
  });

  test("with TLS", async () => {
    const http = await startHttpServer({ secure: true });
    onTestFinished(http.close);
    withEcho(new Server(http.httpServer));
    await bothTransportsWork(http.url);
  });

  test("under another path", async () => {
    const http = createServer();
    withEcho(new Server(http, { path: "/real/time/" }));
    const url = await listening(http);
    await bothTransportsWork(url, "/real/time/");
  });

  test("that was listening before", async () => {
    const http = createServer();
    const url = await listening(http);
    withEcho(new Server(http));
    await bothTransportsWork(url);
  });
});

describe("beside an application", () => {
  test("express 5 keeps its routes", async () => {
    const app = express();
    app.get("/hello", (_request, response) => {
      response.send("express 5");
    });
    const http = createServer(app);
    withEcho(new Server(http));
    const url = await listening(http);
    await bothTransportsWork(url);
    expect((await httpRequest(`${url}/hello`)).text).toBe("express 5");
    expect((await httpRequest(`${url}/none`)).status).toBe(404);
  });

  test("express 4 keeps its routes", async () => {
    const app = express4();
    app.get("/hello", (_request, response) => {
      response.send("express 4");
    });
    const http = createServer(app);
    withEcho(new Server(http));
    const url = await listening(http);
    await bothTransportsWork(url);
    expect((await httpRequest(`${url}/hello`)).text).toBe("express 4");
    expect((await httpRequest(`${url}/none`)).status).toBe(404);
  });

  test("an express function in place of a server is refused with words", () => {
    const app = express();
    expect(() => new Server().attach(app as unknown as HttpServer)).toThrow(/request handler/);
  });

  test("every earlier request listener is called for other paths, none for its own", async () => {
    const seen: string[] = [];
    const http = createServer();
    http.on("request", (request: IncomingMessage) => seen.push(`first ${String(request.url)}`));
    http.on("request", (request: IncomingMessage, response: ServerResponse) => {
      seen.push(`second ${String(request.url)}`);
      response.end("app");
    });
    withEcho(new Server(http));
    const url = await listening(http);
    await bothTransportsWork(url);
    expect(seen).toEqual([]);
    expect((await httpRequest(`${url}/other`)).text).toBe("app");
    expect(seen).toEqual(["first /other", "second /other"]);
  });

  test("a WebSocket server of somebody else on another path is left alone", async () => {
    const http = createServer();
    const foreign = new WebSocketServer({ noServer: true });
    foreign.on("connection", (ws) => {
      ws.on("message", (data: Buffer) => {
        ws.send(`foreign ${data.toString()}`);
      });
    });
    http.on("upgrade", (request, socket, head) => {
      if (request.url === "/foreign") {
        foreign.handleUpgrade(request, socket, head, (ws) => foreign.emit("connection", ws, request));
      }
    });
    withEcho(new Server(http, { destroyUpgradeTimeout: 30 }));
    const url = await listening(http);
    const socket = await new RawEngineClient(url, { path: "/foreign", query: { EIO: "", transport: "" } }).socket({
      EIO: "",
      transport: "",
    });
    const late = await RawTcp.open(Number(new URL(url).port));
    late.write(upgradeRequest("/nobody"));
    await late.closed();
    socket.send("hello");
    expect(await socket.next()).toBe("foreign hello");
    await bothTransportsWork(url);
    await socket.close();
    foreign.close();
  });

  test("an upgrade that nobody takes is left to others with destroyUpgrade: false", async () => {
    const http = createServer();
    withEcho(new Server(http, { destroyUpgrade: false, destroyUpgradeTimeout: 10 }));
    const url = await listening(http);
    const taken = once<[IncomingMessage, { end(text: string): void }]>(http, "upgrade");
    const tcp = await RawTcp.open(Number(new URL(url).port));
    tcp.write(upgradeRequest("/nobody"));
    const [, socket] = await taken;
    await bothTransportsWork(url);
    expect(tcp.isClosed).toBe(false);
    socket.end("mine");
    await tcp.closed();
    expect(tcp.text).toBe("mine");
  });
});

describe("several on one HTTP server", () => {
  test("two servers with different paths, upgrades included", async () => {
    const http = createServer((_request, response) => {
      response.end("app");
    });
    withEcho(new Server(http, { path: "/one" }));
    withEcho(new Server(http, { path: "/two" }));
    const url = await listening(http);
    await Promise.all([bothTransportsWork(url, "/one/"), bothTransportsWork(url, "/two/")]);
    expect((await httpRequest(`${url}/three`)).text).toBe("app");
  });

  test("two engines with different paths know only their own sessions", async () => {
    const http = createServer();
    const engines = [attach(http, { path: "/a" }), attach(http, { path: "/b" })];
    const url = await listening(http);
    onTestFinished(() => {
      for (const engine of engines) engine.close();
      http.close();
    });
    const a = await new RawEngineClient(url, { path: "/a/" }).websocket();
    const b = await new RawEngineClient(url, { path: "/b/" }).polling();
    expect(engines.map((engine) => engine.clientsCount)).toEqual([1, 1]);
    const wrong = await httpRequest(`${url}/a/?EIO=4&transport=polling&sid=${b.sid}`);
    expect(wrong.json()).toEqual({ code: 1, message: "Session ID unknown" });
    await a.close();
    b.release();
    await until(() => engines[0]?.clientsCount === 0, "the closed session");
  });
});

describe("without attaching", () => {
  test("handleRequest and handleUpgrade serve any HTTP server", async () => {
    const engine = new EngineServer();
    const http = createServer((request, response) => {
      if (request.url?.startsWith("/hello") === true) response.end("hello");
      else engine.handleRequest(request, response);
    });
    http.on("upgrade", (request, socket, head) => {
      engine.handleUpgrade(request, socket, head);
    });
    const url = await listening(http);
    onTestFinished(() => {
      engine.close();
      http.close();
    });
    const client = new RawEngineClient(url, { path: "/anything" });
    const polling = await client.polling();
    const { socket } = await client.upgrade(polling);
    expect((await httpRequest(`${url}/hello`)).text).toBe("hello");
    await socket.close();
    polling.release();
  });

  test("io.bind serves an engine made elsewhere", async () => {
    const http = createServer();
    const engine = attach(http, { path: "/bound" });
    const io = withEcho(new Server());
    io.bind(engine);
    const url = await listening(http);
    onTestFinished(() => {
      http.close();
    });
    await bothTransportsWork(url, "/bound/");
  });

  test("listen answers 501 to everything that is not its own", async () => {
    const engine = listen(0);
    const http = engine.httpServer as HttpServer;
    if (!http.listening) await once(http, "listening");
    onTestFinished(() => {
      engine.close();
      http.close();
    });
    const url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
    const answer = await httpRequest(`${url}/anything`);
    expect(answer.status).toBe(501);
    const client = new RawEngineClient(url, { path: ENGINE_PATH });
    await (await client.websocket()).close();
  });
});

describe("after close()", () => {
  test("the HTTP server is closed, connections too", async () => {
    const http = createServer();
    const io = new Server(http);
    const url = await listening(http);
    const { socket } = await new RawEngineClient(url).connected();
    await io.close();
    expect(http.listening).toBe(false);
    await socket.closed();
  });

  test("listen works again", async () => {
    const first = createServer();
    const io = withEcho(new Server(first));
    await bothTransportsWork(await listening(first));
    await io.close();
    const second = createServer();
    io.listen(second);
    await bothTransportsWork(await listening(second));
  });

  test("it may be called twice, and on a server that never listened", async () => {
    const io = new Server(createServer());
    await io.close();
    await io.close();
  });
});
