// The floor: a bare WebSocket server, which parses nothing and sends ready bytes.
import { WebSocketServer } from "ws";
import { EVENTS, TEXT } from "../workloads.mjs";

const NEWS = Buffer.from(TEXT);

export function start(httpServer) {
  const server = new WebSocketServer({ server: httpServer });
  const broadcast = () => {
    for (const client of server.clients) client.send(NEWS, { binary: false });
  };
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      if (data.length === EVENTS.news.length) broadcast();
      else if (data.length === EVENTS.burst.length) for (let index = 0; index < 8; index++) broadcast();
      else socket.send(data, { binary: isBinary });
    });
  });
}
