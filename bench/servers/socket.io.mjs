// Socket.IO as it comes from npm, with its defaults.
import { Server } from "socket.io";
import { OPTIONS, serve } from "./socket-io-app.mjs";

export function start(httpServer, app) {
  serve(new Server(httpServer, OPTIONS), app);
}
