// The raw clients against servers that are not ours: node:http, and ws.
import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { describe, expect, onTestFinished, test } from "vitest";
import { httpRequest } from "./http-request.js";
import { engineUrl } from "./raw-engine-url.js";
import { RawTcp } from "./raw-tcp.js";
import { RawWebSocket, UpgradeRefused } from "./raw-websocket.js";
import { startHttpServer } from "./start-http-server.js";
import { once } from "./wait.js";
import { acceptKey, closeCode, encodeFrame, Opcode, readFrame, upgradeRequest } from "./ws-frame.js";

describe("httpRequest", () => {
  test("sends method, headers and body, and gives the answer as a value", async () => {
    const server = await startHttpServer({
      listener: (request, response) => {
        response.writeHead(418, {
          "x-method": request.method,
          "x-length": request.headers["content-length"] ?? "chunked",
        });
        request.pipe(response);
      },
    });
    onTestFinished(server.close);
    const answer = await httpRequest(server.url, { method: "POST", body: '{"a":1}' });
    expect(answer.status).toBe(418);
    expect(answer.headers).toMatchObject({ "x-method": "POST", "x-length": "7" });
    expect(answer.json()).toEqual({ a: 1 });
    const chunked = await httpRequest(server.url, { method: "PUT", body: ["a", "b", Buffer.from("c")] });
    expect(chunked.headers["x-length"]).toBe("chunked");
    expect(chunked.text).toBe("abc");
  });

  test("fails when the connection breaks before the answer is whole", async () => {
    const server = await startHttpServer({
      listener: (_request, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
      },
    });
    onTestFinished(server.close);
    await expect(httpRequest(server.url)).rejects.toThrow(/aborted|ECONNRESET/);
  });
});

describe("RawTcp", () => {
  test("reads answers that were pipelined, one by one", async () => {
    const server = await startHttpServer({ listener: (request, response) => response.end(request.url) });
    onTestFinished(server.close);
    const tcp = await RawTcp.open(server.port);
    tcp.write("GET /one HTTP/1.1\r\nHost: x\r\n\r\n", "GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect((await tcp.readThrough("/one")).startsWith("HTTP/1.1 200 OK")).toBe(true);
    expect((await tcp.readThrough("/two")).includes("HTTP/1.1 200 OK")).toBe(true);
    await tcp.closed();
    expect(tcp.isClosed).toBe(true);
    await expect(tcp.readThrough("more")).rejects.toThrow("closed");
  });
});

/** A WebSocket server by ws that says back what it hears, and closes on "bye". */
async function echoServer(): Promise<{ url: string; port: number; connected: Promise<[WebSocket, IncomingMessage]> }> {
  const server = await startHttpServer({
    listener: (_request, response) => response.writeHead(404).end("nothing here"),
  });
  const wss = new WebSocketServer({ noServer: true });
  server.httpServer.on("upgrade", (request: IncomingMessage, socket, head) => {
    if (request.url === "/refused") socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    else wss.handleUpgrade(request, socket, head, (ws) => wss.emit("connection", ws, request));
  });
  wss.on("connection", (ws) => {
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      if (!isBinary && data.toString() === "bye") ws.close(4_000, "so long");
      else ws.send(data, { binary: isBinary });
    });
  });
  const connected = once<[WebSocket, IncomingMessage]>(wss, "connection");
  connected.catch(() => undefined);
  onTestFinished(async () => {
    wss.close();
    await server.close();
  });
  return { url: server.url, port: server.port, connected };
}

describe("RawWebSocket", () => {
  test("exchanges text and binary, and tells how it was closed", async () => {
    const { url } = await echoServer();
    const socket = await RawWebSocket.open(url);
    socket.send("text");
    socket.send(Buffer.from([1]));
    expect(await socket.nextText()).toBe("text");
    expect(await socket.next()).toEqual(Buffer.from([1]));
    socket.send("bye");
    expect(await socket.closed()).toEqual({ code: 4_000, reason: "so long" });
    await expect(socket.next()).rejects.toThrow("closed with 4000");
  });

  test("tells a refused upgrade apart, with status and body", async () => {
    const { url } = await echoServer();
    const refused = await RawWebSocket.open(`${url}/refused`).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UpgradeRefused);
    expect(refused).toMatchObject({ status: 403, body: "no" });
  });
});

describe("frames by hand", () => {
  test.each([0, 1, 125, 126, 65_535, 65_536])(
    "of %i bytes are understood by ws, and its answers by us",
    async (size) => {
      const { port } = await echoServer();
      const tcp = await RawTcp.open(port);
      tcp.write(upgradeRequest("/"));
      await tcp.readThrough("\r\n\r\n");
      tcp.write(encodeFrame(Buffer.alloc(size, 7), { opcode: Opcode.BINARY }));
      expect(await readFrame(tcp)).toEqual({
        fin: true,
        opcode: Opcode.BINARY,
        rsv1: false,
        payload: Buffer.alloc(size, 7),
      });
      tcp.destroy();
    },
  );

  test("carry close codes", async () => {
    const { port } = await echoServer();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest("/", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" }));
    // The example of RFC 6455 section 1.3.
    expect(await tcp.readThrough("\r\n\r\n")).toContain(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="));
    expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    tcp.write(encodeFrame("bye"));
    expect(closeCode(await readFrame(tcp))).toBe(4_000);
    tcp.destroy();
  });

  test("that are wrong on purpose are refused by ws", async () => {
    const { port, connected } = await echoServer();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest("/"));
    const [ws] = await connected;
    const failed = once<[Error & { code?: string }]>(ws, "error");
    tcp.write(encodeFrame("x", { rsv2: true }));
    expect((await failed)[0].code).toBe("WS_ERR_UNEXPECTED_RSV_2_3");
    tcp.destroy();
  });
});

test("engineUrl fills in what a client sends, and leaves out what is emptied", () => {
  expect(engineUrl("http://h:1", "polling")).toBe("http://h:1/socket.io/?EIO=4&transport=polling");
  expect(engineUrl("http://h:1", "websocket", { path: "/p/", query: { EIO: "", sid: "a b" } })).toBe(
    "http://h:1/p/?transport=websocket&sid=a+b",
  );
});
