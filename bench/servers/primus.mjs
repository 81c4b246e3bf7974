// Primus as it comes from npm, over `ws`, with its JSON parser.
import Primus from "primus";
import { EVENTS, TEXT } from "../messages.mjs";

export function start(httpServer) {
  const primus = new Primus(httpServer, { transformer: "websockets", pingInterval: 600_000 });
  primus.on("connection", (spark) => {
    spark.on("data", ([event, data]) => {
      if (event === EVENTS.echo) spark.write([event, data]);
      else for (let index = 0; index < (event === EVENTS.burst ? 8 : 1); index++) primus.write([EVENTS.news, TEXT]);
    });
  });
}
