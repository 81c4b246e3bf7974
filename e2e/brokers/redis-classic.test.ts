// @socket.io/redis-adapter over plain publish/subscribe.
import { openIoredisEmitter, openRedisEmitter } from "./support/emitters.js";
import { startRedis } from "./support/redis.js";
import { describeAdapter } from "./support/suite.js";

const shared = { adapter: "redis-classic", broker: startRedis };

describeAdapter({ ...shared, title: "redis-adapter with redis", client: "redis", emitter: openRedisEmitter });
describeAdapter({
  ...shared,
  title: "redis-adapter with ioredis",
  client: "ioredis",
  isBrief: true,
  emitter: openIoredisEmitter,
});
