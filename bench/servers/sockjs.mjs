// SockJS as it comes from npm. It has no broadcast of its own: a set of connections, as its documentation shows.
import sockjs from "sockjs";
import { answer } from "./plain-app.mjs";

export function start(httpServer) {
  const server = sockjs.createServer({ log() {}, heartbeat_delay: 600_000 });
  const connections = new Set();
  const broadcast = (text) => {
    for (const connection of connections) connection.write(text);
  };
  server.on("connection", (connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    connection.on("data", (data) => {
      answer(data, (text) => connection.write(text), broadcast);
    });
  });
  server.installHandlers(httpServer, { prefix: "/echo" });
}
