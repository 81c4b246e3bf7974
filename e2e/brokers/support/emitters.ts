// The published emitters with connections of their own, in the test's process: no server is near them.
import { Emitter as PostgresEmitter } from "@socket.io/postgres-emitter";
import { Emitter as RedisEmitter } from "@socket.io/redis-emitter";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient, createCluster } from "redis";
import type { AnyEmitter } from "../cases/emitters.js";
import type { BrokerAddress } from "./broker.js";

export interface OpenEmitter {
  emitter: AnyEmitter;
  close(): unknown;
}

const HOST = "127.0.0.1";

export async function openRedisEmitter({ ports, isCluster }: BrokerAddress): Promise<OpenEmitter> {
  const [port] = ports;
  const client = isCluster
    ? createCluster({ rootNodes: ports.map((each) => ({ url: `redis://${HOST}:${each}` })) })
    : createClient({ url: `redis://${HOST}:${port}` });
  client.on("error", () => undefined); // the broker is killed in one case
  await client.connect();
  return { emitter: new RedisEmitter(client) as unknown as AnyEmitter, close: () => client.destroy() };
}

export function openIoredisEmitter({ ports: [port = 0] }: BrokerAddress): Promise<OpenEmitter> {
  const client = new Redis({ host: HOST, port });
  client.on("error", () => undefined);
  return Promise.resolve({
    emitter: new RedisEmitter(client) as unknown as AnyEmitter,
    close: () => client.disconnect(),
  });
}

export function openPostgresEmitter({ ports: [port = 0] }: BrokerAddress): Promise<OpenEmitter> {
  const pool = new pg.Pool({ user: "postgres", host: HOST, database: "postgres", port });
  pool.on("error", () => undefined);
  return Promise.resolve({ emitter: new PostgresEmitter(pool) as unknown as AnyEmitter, close: () => pool.end() });
}
