// @socket.io/redis-streams-adapter, with connection state recovery.
import { FORGETFUL_CASE } from "./cases/recovery.js";
import { startRedis } from "./support/redis.js";
import { describeAdapter } from "./support/suite.js";

const shared = { adapter: "redis-streams", broker: startRedis, recovery: true, waitsForBroker: true };

describeAdapter({
  ...shared,
  title: "redis-streams-adapter with redis",
  client: "redis",
  options: { maxLen: 1_000 },
  more: [FORGETFUL_CASE],
});
describeAdapter({ ...shared, title: "redis-streams-adapter with ioredis", client: "ioredis", isBrief: true });
