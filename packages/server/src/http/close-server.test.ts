import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { closeServer } from "./close-server.js";

interface Asked {
  response: IncomingMessage;
  port: number | undefined;
}

async function listen(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const httpServer = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    httpServer.closeAllConnections();
    httpServer.close();
  });
  await once(httpServer, "listening");
  return httpServer;
}

/** A browser: it keeps its one connection and asks again over it. */
function browser(httpServer: Server): (path: string) => Promise<Asked> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const { port } = httpServer.address() as AddressInfo;
  return (path) =>
    new Promise((resolve, reject) => {
      const request = get({ host: "127.0.0.1", port, path, agent }, (response) => {
        const { localPort } = response.socket;
        response.resume().once("end", () => resolve({ response, port: localPort }));
      });
      request.once("error", reject);
    });
}

test("a connection that was busy at the time is closed after its answer", async () => {
  const waiting: ServerResponse[] = [];
  const httpServer = await listen((request, response) => {
    if (request.url === "/poll") waiting.push(response);
    else response.end();
  });
  const ask = browser(httpServer);
  const polled = ask("/poll");
  await once(httpServer, "request");

  const closed = closeServer(httpServer);
  waiting[0]?.end("bye");
  const { port } = await polled;
  // It may find its connection closed, or get a last answer over it; it must not be served for ever.
  const next = await ask("/next").catch(() => undefined);
  if (next !== undefined) {
    expect(next.port).toBe(port);
    expect(next.response.headers.connection).toBe("close");
  }
  expect(await closed).toBeUndefined();
  expect(httpServer.listening).toBe(false);
});

test("resolves when the last connection is gone, not before", async () => {
  const waiting: ServerResponse[] = [];
  const httpServer = await listen((_request, response) => waiting.push(response));
  const polled = browser(httpServer)("/poll");
  await once(httpServer, "request");
  let isClosed = false;
  const closed = closeServer(httpServer).then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  waiting[0]?.end();
  await polled;
  expect(await closed).toBe(true);
});

test("tells of a server that was not running", async () => {
  expect(await closeServer(createServer())).toMatchObject({ code: "ERR_SERVER_NOT_RUNNING" });
});

test("a server that listens again keeps its connections", async () => {
  const httpServer = await listen((_request, response) => response.end());
  await closeServer(httpServer);
  httpServer.listen(0, "127.0.0.1");
  await once(httpServer, "listening");
  const { response } = await browser(httpServer)("/");
  expect(response.headers.connection).toBe("keep-alive");
});
