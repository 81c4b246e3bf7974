// @socket.io/redis-adapter on a Redis cluster of three nodes.
import { openRedisEmitter } from "./support/emitters.js";
import { startRedisCluster } from "./support/redis.js";
import { describeAdapter, shareBroker } from "./support/suite.js";

const shared = { broker: shareBroker(startRedisCluster) };

describeAdapter({
  ...shared,
  title: "redis-adapter on a cluster, with redis",
  adapter: "redis-classic",
  keepsOrder: false, // each message is published on any of the nodes
  client: "redis",
  emitter: openRedisEmitter,
});
describeAdapter({
  ...shared,
  title: "redis-adapter on a cluster, with ioredis",
  adapter: "redis-classic",
  keepsOrder: false, // each message is published on any of the nodes
  client: "ioredis",
  isBrief: true,
  leftBehind: /^Error: Connection is closed/,
});
describeAdapter({
  ...shared,
  title: "sharded redis-adapter on a cluster, dynamic, with redis",
  adapter: "redis-sharded",
  waitsForBroker: true,
  client: "redis",
});
describeAdapter({
  ...shared,
  title: "sharded redis-adapter on a cluster, static, with ioredis",
  adapter: "redis-sharded",
  waitsForBroker: true,
  client: "ioredis",
  isBrief: true,
  options: { subscriptionMode: "static" },
  comesBack: false, // ioredis does not subscribe again once all nodes were away
});
