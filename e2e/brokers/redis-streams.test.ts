// @socket.io/redis-streams-adapter, with connection state recovery.
import { startRedis } from "./support/redis.js";
import { describeAdapter } from "./support/suite.js";

const shared = { adapter: "redis-streams", broker: startRedis, recovery: true, waitsForBroker: true };

describeAdapter({ ...shared, title: "redis-streams-adapter with redis", client: "redis" });
describeAdapter({ ...shared, title: "redis-streams-adapter with ioredis", client: "ioredis", isBrief: true });
