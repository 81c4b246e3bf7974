// @socket.io/redis-streams-adapter on a Redis cluster of three nodes, with connection state recovery.
import { startRedisCluster } from "./support/redis.js";
import { describeAdapter, shareBroker } from "./support/suite.js";

const broker = shareBroker(startRedisCluster);
const shared = { adapter: "redis-streams", broker, recovery: true, waitsForBroker: true };

describeAdapter({ ...shared, title: "redis-streams-adapter on a cluster, with redis", client: "redis" });
describeAdapter({
  ...shared,
  title: "redis-streams-adapter on a cluster, with ioredis",
  client: "ioredis",
  isBrief: true,
  leftBehind: /^Error: Connection is closed/,
});
