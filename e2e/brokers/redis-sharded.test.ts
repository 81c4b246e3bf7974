// @socket.io/redis-adapter over sharded publish/subscribe (Redis 7), with a channel for all, or one for each room too.
import { Emitter } from "@socket.io/redis-emitter";
import { createClient } from "redis";
import { expect } from "vitest";
import { startRedis } from "./support/redis.js";
import type { Case } from "./support/stage.js";
import { describeAdapter } from "./support/suite.js";

const NO_EMITTER: Case = {
  title: "is not reached by redis-emitter 5.1, which publishes on other channels",
  async run(stage) {
    const client = createClient({ url: `redis://127.0.0.1:${stage.broker?.address.ports[0]}` });
    await client.connect();
    stage.onEnd(() => client.destroy());
    const events = stage.clients.map((each) => stage.listen(each));
    new Emitter(client).emit("m");
    await client.ping(); // so Redis has taken what was sent before
    await stage.settle();
    expect(events).toEqual([[], [], []]);
  },
};

const shared = { adapter: "redis-sharded", broker: startRedis, waitsForBroker: true };

describeAdapter({
  ...shared,
  title: "sharded redis-adapter, dynamic, with redis",
  client: "redis",
  more: [NO_EMITTER],
});
describeAdapter({
  ...shared,
  title: "sharded redis-adapter, static, with ioredis",
  client: "ioredis",
  isBrief: true,
  options: { subscriptionMode: "static" },
});
describeAdapter({
  ...shared,
  title: "sharded redis-adapter, dynamic for private rooms too",
  client: "redis",
  isBrief: true,
  options: { subscriptionMode: "dynamic-private" },
});
