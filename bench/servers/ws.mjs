// The floor: a bare WebSocket server, which parses nothing but requests of the load and sends ready bytes.
import { WebSocketServer } from "ws";
import { BINARY_BYTES, EVENTS, TEXT } from "../messages.mjs";
import { HandMadeRooms } from "./hand-made-rooms.mjs";

const NEWS = Buffer.from(TEXT);

export function start(httpServer) {
  const server = new WebSocketServer({ server: httpServer, maxPayload: 2 * BINARY_BYTES });
  const rooms = new HandMadeRooms();
  const broadcast = (clients) => {
    for (const client of clients) client.send(NEWS, { binary: false });
  };
  const onRequest = (socket, request) => {
    if (request.startsWith(EVENTS.join)) {
      rooms.join(request.slice(EVENTS.join.length), socket);
      socket.send(EVENTS.done + request.slice(EVENTS.join.length));
    } else if (request.startsWith(EVENTS.shout)) broadcast(rooms.in(request.slice(EVENTS.shout.length)));
  };
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      if (isBinary || data.length === NEWS.length) socket.send(data, { binary: isBinary });
      else if (data.length === EVENTS.news.length) broadcast(server.clients);
      else if (data.length === EVENTS.burst.length) for (let index = 0; index < 8; index++) broadcast(server.clients);
      else onRequest(socket, data.toString());
    });
  });
}
