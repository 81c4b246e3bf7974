// Everwire as it is built (dist), with its defaults.
import { Server } from "@everwire/server";
import { OPTIONS, serve } from "./socket-io-app.mjs";

export function start(httpServer, app) {
  serve(new Server(httpServer, OPTIONS), app);
}
