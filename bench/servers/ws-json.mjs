// What people write by hand on `ws`: JSON texts with an event name, dispatched by a switch, a broadcast encoded once.
import { WebSocketServer } from "ws";
import { EVENTS, TEXT } from "../workloads.mjs";

export function start(httpServer) {
  const server = new WebSocketServer({ server: httpServer });
  const broadcast = (event, data) => {
    const message = Buffer.from(JSON.stringify([event, data]));
    for (const client of server.clients) client.send(message, { binary: false });
  };
  server.on("connection", (socket) => {
    socket.on("message", (message) => {
      const [event, data] = JSON.parse(message.toString());
      switch (event) {
        case EVENTS.echo:
          socket.send(JSON.stringify([EVENTS.echo, data]));
          break;
        case EVENTS.news:
          broadcast(EVENTS.news, TEXT);
          break;
        case EVENTS.burst:
          for (let index = 0; index < 8; index++) broadcast(EVENTS.news, TEXT);
          break;
      }
    });
  });
}
