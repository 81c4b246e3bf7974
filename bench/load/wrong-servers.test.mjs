// A server that does less than it should, or something else, fails in the bench instead of winning.
import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { EVENTS, TEXT } from "../messages.mjs";
import * as binary from "./binary.mjs";
import * as broadcast from "./broadcast.mjs";
import { DIALECTS } from "./dialects.mjs";
import * as echo from "./echo.mjs";
import * as latency from "./latency.mjs";
import * as polling from "./polling.mjs";
import * as rooms from "./rooms.mjs";
import * as task from "./task.mjs";

const dialect = DIALECTS.ws;
const closers = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(httpServer) {
  await new Promise((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    httpServer.closeAllConnections();
    return new Promise((resolve) => httpServer.close(resolve));
  });
  return httpServer.address().port;
}

/** @param {(socket: import("ws").WebSocket, data: Buffer, server: WebSocketServer, count: number) => void} onMessage */
function serve(onMessage) {
  const httpServer = createServer();
  const server = new WebSocketServer({ server: httpServer });
  closers.push(() => {
    for (const client of server.clients) client.terminate();
  });
  let count = 0;
  server.on("connection", (socket) => socket.on("message", (data) => onMessage(socket, data, server, count++)));
  return listen(httpServer);
}

describe("an echo", () => {
  const options = { inFlight: 4 };

  it("with another text fails", async () => {
    const port = await serve((socket) => socket.send(TEXT.toUpperCase()));
    await expect(echo.open({ port, dialect, connections: 1, options })).rejects.toThrow(
      "failed to echo: sent The quick",
    );
  });

  it("that comes twice, once nobody compares it any more, fails", async () => {
    const port = await serve((socket, data, _server, count) => {
      socket.send(data, { binary: false });
      if (count >= options.inFlight) socket.send(data, { binary: false });
    });
    const sockets = await echo.open({ port, dialect, connections: 1, options });
    await expect(echo.run(sockets, { dialect, units: 400, ...options })).rejects.toThrow(
      "more bytes than were asked for",
    );
  });

  it("that ends the connection fails", async () => {
    const port = await serve((socket, data, _server, count) => {
      if (count < options.inFlight) socket.send(data, { binary: false });
      else socket.terminate();
    });
    const sockets = await echo.open({ port, dialect, connections: 1, options });
    await expect(echo.run(sockets, { dialect, units: 400, ...options })).rejects.toThrow(
      "the server closed a connection",
    );
  });

  it("with acknowledgements of another id fails", async () => {
    const port = await serve((socket, data) => {
      const [event, text, id] = JSON.parse(data);
      socket.send(JSON.stringify([event, text, id === 12 ? 11 : id]));
    });
    const open = echo.open({
      port,
      dialect: DIALECTS["ws-json"],
      connections: 1,
      options: { inFlight: 4, acks: true },
    });
    await expect(open).rejects.toThrow("failed to echo: sent");
  });

  it("that comes twice fails where its latency is measured", async () => {
    const port = await serve((socket, data, _server, count) => {
      socket.send(data, { binary: false });
      if (count > 0) socket.send(data, { binary: false });
    });
    const sockets = await latency.open({ port, dialect, connections: 1 });
    await expect(latency.run(sockets, { dialect, units: 50, rate: 10_000 })).rejects.toThrow(
      "more bytes than were asked for",
    );
  });
});

describe("a broadcast", () => {
  it("of another text fails", async () => {
    const port = await serve((_socket, _data, server) => {
      for (const client of server.clients) client.send("something else");
    });
    await expect(broadcast.open({ port, dialect, connections: 3 })).rejects.toThrow(
      "failed to broadcast: got something",
    );
  });

  it("to a room that reaches other rooms, once nobody compares it any more, fails", async () => {
    const connections = 5;
    const port = await serve((socket, data, server, count) => {
      const request = data.toString();
      if (request.startsWith(EVENTS.join)) socket.send(request.replace(EVENTS.join, EVENTS.done));
      // Each socket is alone in its room, and has asked for two things before the round.
      else for (const client of count < 2 * connections ? [socket] : server.clients) client.send(TEXT);
    });
    const state = await rooms.open({ port, dialect, connections });
    await expect(rooms.run(state, { dialect, units: 500 })).rejects.toThrow("reached another room");
  });
});

it("a binary echo with one other byte fails", async () => {
  const port = await serve((socket, data) => {
    data[data.length >> 1] ^= 1;
    socket.send(data, { binary: true });
  });
  await expect(binary.open({ port, dialect, connections: 1 })).rejects.toThrow("other bytes");
});

it("work of which the answer says that less was done fails", async () => {
  const json = DIALECTS["ws-json"];
  const port = await serve((socket) => socket.send(json.answer(EVENTS.done, 9)));
  const sockets = await task.open({ port, dialect: json, connections: 1 });
  await expect(task.run(sockets, { dialect: json, units: 10, event: EVENTS.joins })).rejects.toThrow("not 10");
});

it("polling that brings another message fails", async () => {
  let polls = 0;
  const port = await listen(
    createServer((request, response) => {
      if (request.method === "POST") request.resume().on("end", () => response.end("ok"));
      else response.end(polls++ === 0 ? '0{"sid":"a"}' : "4another");
    }),
  );
  const engine = DIALECTS["engine.io"];
  const sessions = await polling.open({ port, dialect: engine, connections: 1 });
  await expect(polling.run(sessions, { dialect: engine, units: 1, inFlight: 1 })).rejects.toThrow("got 4another");
});
