// Engine.IO as it comes from npm: sessions and transports, without events. A broadcast is a loop over its clients.
import { attach } from "engine.io";
import { OPTIONS } from "./socket-io-app.mjs";
import { answer } from "./plain-app.mjs";

export function start(httpServer) {
  const { pingInterval, maxHttpBufferSize } = OPTIONS;
  const server = attach(httpServer, { pingInterval, maxHttpBufferSize });
  const broadcast = (text) => {
    for (const client of Object.values(server.clients)) client.send(text);
  };
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      if (typeof data !== "string") socket.send(data);
      else
        answer(
          data,
          (text) => {
            socket.send(text);
          },
          broadcast,
        );
    });
  });
}
