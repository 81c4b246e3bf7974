// The published adapters, each as its documentation says to set it up. Waits are shortened by their own options, so that what has
// to run out in a test does so soon. `onError` gets what the broker's client or the adapter reports.
import { createAdapter as nodeCluster } from "@socket.io/cluster-adapter";
import { createAdapter as postgres } from "@socket.io/postgres-adapter";
import { createAdapter as redisClassic, createShardedAdapter as redisSharded } from "@socket.io/redis-adapter";
import { createAdapter as redisStreams } from "@socket.io/redis-streams-adapter";
import { Cluster, Redis } from "ioredis";
import pg from "pg";
import { createClient, createCluster } from "redis";

const RECONNECT_MS = 50;
const HEARTBEAT = { heartbeatInterval: 200, heartbeatTimeout: 1_500 };
const HOST = "127.0.0.1";

// While the broker is away a command waits: one that is given up rejects a promise that most adapters do not look at.
const clients = {
  redis: async ({ ports, isCluster }, onError) => {
    const socket = { reconnectStrategy: RECONNECT_MS };
    const commandOptions = { timeout: 0 };
    const [port] = ports;
    const rootNodes = ports.map((each) => ({ url: `redis://${HOST}:${each}` }));
    const client = isCluster
      ? createCluster({ rootNodes, defaults: { socket }, commandOptions })
      : createClient({ url: `redis://${HOST}:${port}`, socket, commandOptions });
    client.on("error", onError);
    if (isCluster) client.on("node-error", onError);
    await client.connect();
    return client;
  },
  ioredis: async ({ ports, isCluster }, onError) => {
    const [port] = ports;
    const retry = { retryStrategy: () => RECONNECT_MS, maxRetriesPerRequest: null };
    const nodes = ports.map((each) => ({ host: HOST, port: each }));
    const cluster = { clusterRetryStrategy: () => RECONNECT_MS, redisOptions: retry, shardedSubscribers: true };
    const client = isCluster ? new Cluster(nodes, cluster) : new Redis({ host: HOST, port, ...retry });
    client.on("error", onError);
    await new Promise((resolve) => client.once("ready", resolve));
    return client;
  },
};

const pair = ({ client, address }, onError) =>
  Promise.all([clients[client](address, onError), clients[client](address, onError)]);

const ADAPTERS = {
  "redis-classic": async (setup, onError) => {
    const [pub, sub] = await pair(setup, onError);
    return redisClassic(pub, sub, { requestsTimeout: 1_500, ...setup.options });
  },
  "redis-sharded": async (setup, onError) => {
    const [pub, sub] = await pair(setup, onError);
    return redisSharded(pub, sub, setup.options);
  },
  "redis-streams": async (setup, onError) =>
    redisStreams(await clients[setup.client](setup.address, onError), {
      ...HEARTBEAT,
      blockTimeInMs: 500,
      ...setup.options,
    }),
  postgres: async ({ address, options }, onError) => {
    const pool = new pg.Pool({ user: "postgres", host: HOST, database: "postgres", port: address.ports[0] });
    pool.on("error", onError);
    // Those that are in use have no listener of the pool's.
    pool.on("connect", (client) => client.on("error", onError));
    return postgres(pool, { ...HEARTBEAT, errorHandler: onError, ...options });
  },
  "node-cluster": async ({ options }) => nodeCluster({ ...HEARTBEAT, ...options }),
};

export const createAdapter = (setup, onError) => ADAPTERS[setup.adapter](setup, onError);
