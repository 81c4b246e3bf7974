// What people write by hand on `ws`: JSON texts with an event name, dispatched by a switch, a broadcast encoded once.
import { WebSocketServer } from "ws";
import { EVENTS, TEXT } from "../messages.mjs";
import { HandMadeRooms } from "./hand-made-rooms.mjs";

export function start(httpServer) {
  const server = new WebSocketServer({ server: httpServer });
  const rooms = new HandMadeRooms();
  const broadcast = (clients, event, data) => {
    const message = Buffer.from(JSON.stringify([event, data]));
    for (const client of clients) client.send(message, { binary: false });
  };
  server.on("connection", (socket) => {
    socket.on("message", (message) => {
      const [event, data, id] = JSON.parse(message.toString());
      switch (event) {
        case EVENTS.echo:
          socket.send(JSON.stringify([EVENTS.echo, data]));
          break;
        case EVENTS.ack:
          socket.send(JSON.stringify([EVENTS.ack, data, id]));
          break;
        case EVENTS.news:
          broadcast(server.clients, EVENTS.news, TEXT);
          break;
        case EVENTS.burst:
          for (let index = 0; index < 8; index++) broadcast(server.clients, EVENTS.news, TEXT);
          break;
        case EVENTS.join:
          rooms.join(data, socket);
          socket.send(JSON.stringify([EVENTS.done, data]));
          break;
        case EVENTS.shout:
          broadcast(rooms.in(data), EVENTS.news, TEXT);
          break;
      }
    });
  });
}
