// @socket.io/postgres-adapter. Its emitter is a case of its own: the published versions of the two do not fit together.
import { waitFor } from "@everwire/testkit";
import pg from "pg";
import { expect } from "vitest";
import { openPostgresEmitter } from "./support/emitters.js";
import { startPostgres } from "./support/postgres.js";
import { type Case, PATIENCE } from "./support/stage.js";
import { describeAdapter } from "./support/suite.js";

const NO_EMITTER: Case = {
  title: "is not reached by postgres-emitter 0.1.1, which does not say what namespace it means",
  async run(stage) {
    const address = stage.broker?.address ?? { ports: [], isCluster: false };
    const { emitter, close } = await openPostgresEmitter(address);
    stage.onEnd(close);
    const listener = new pg.Client({
      user: "postgres",
      host: "127.0.0.1",
      database: "postgres",
      port: address.ports[0],
    });
    await listener.connect();
    stage.onEnd(() => listener.end());
    await listener.query('LISTEN "socket.io#/"');
    const isEmitted = ({ payload = "" }: pg.Notification): boolean => payload.includes('"emitter"');
    const notified = waitFor<[pg.Notification]>(listener, "notification", isEmitted, PATIENCE);
    const events = stage.clients.map((client) => stage.listen(client));
    emitter.emit("m");
    const [{ payload }] = await notified;
    expect(JSON.parse(payload ?? "")).not.toHaveProperty("nsp");
    await stage.settle();
    expect(events).toEqual([[], [], []]);
  },
};

describeAdapter({
  title: "postgres-adapter",
  adapter: "postgres",
  broker: startPostgres,
  keepsOrder: false, // each message goes through whichever connection of the pool is free
  more: [NO_EMITTER],
});
