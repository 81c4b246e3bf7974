// Servers among themselves: how many they are, events between them, namespaces that come up as clients ask for them.
import { expect } from "vitest";
import type { Server } from "@everwire/server";
import { once } from "@everwire/testkit";
import { type Case, PATIENCE } from "../support/stage.js";

/** Runs in a server process. */
const send = async (io: Server, path: string): Promise<string> => {
  io.of(path).emit("m", "tenants");
  await new Promise((resolve) => setTimeout(resolve, 20));
  return "sent";
};

export const SERVER_CASES: Case[] = [
  {
    title: "counts the servers",
    async run(stage) {
      for (const worker of stage.fleet.workers) {
        expect(await worker.run((io) => io.of("/").adapter.serverCount())).toBe(3);
      }
    },
  },
  {
    title: "sends events to the other servers, in a namespace too",
    async run(stage) {
      for (const [index, worker] of stage.fleet.workers.entries()) {
        await worker.run((io, own) => {
          io.removeAllListeners("hello");
          io.on("hello", (...args: unknown[]) => io.local.emit("heard", own, ...args));
        }, index);
      }
      const events = stage.clients.map((client) => stage.listen(client));
      await stage.worker(0).run((io) => void io.serverSideEmit("hello", "you", { n: [1] }));
      await stage.until(() => events[1]?.length === 1 && events[2]?.length === 1, "the event on the other servers");
      await stage.settle();
      expect(events).toEqual([[], [["heard", 1, "you", { n: [1] }]], [["heard", 2, "you", { n: [1] }]]]);
    },
  },
  {
    title: "collects the other servers' answers",
    async run(stage) {
      for (const [index, worker] of stage.fleet.workers.entries()) {
        await worker.run((io, own) => {
          io.removeAllListeners("question");
          io.on("question", (value: unknown, answer: (response: unknown) => void) => answer([own, value]));
        }, index);
      }
      const answers = await stage
        .worker(1)
        .run((io) => io.serverSideEmitWithAck("question", "?") as Promise<unknown[]>);
      expect(answers.sort()).toEqual([
        [0, "?"],
        [2, "?"],
      ]);
    },
  },
  {
    title: "connects what several processes have of a dynamic namespace",
    async run(stage) {
      for (const worker of stage.fleet.workers) {
        await worker.run((io) => {
          const store = globalThis as { tenants?: unknown };
          store.tenants ??= io.of(/^\/tenant-\w+$/);
        });
      }
      const name = "/tenant-x";
      const clients = await Promise.all([0, 2].map((index) => stage.connect(index, name)));
      // The second process has no client there: it makes the namespace as it sends to it.
      await stage.worker(1).run((io, path) => void io.of(path), name);
      await stage.fleet.untilCounted(3, name);
      const heard = Promise.all(clients.map((client) => stage.next(client, "m", "tenants")));
      const events = stage.listen(stage.client(0));
      while ((await Promise.race([heard.then(() => "heard"), stage.worker(1).run(send, name)])) !== "heard");
      clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      const answers = await stage.worker(0).run((io, path) => io.of(path).timeout(10_000).emitWithAck("ask"), name);
      expect((answers as number[]).sort()).toEqual([0, 1]);
      const ids = await stage
        .worker(1)
        .run(async (io, path) => (await io.of(path).fetchSockets()).map(({ id }) => id), name);
      expect(ids.sort()).toEqual(clients.map(({ id }) => id).sort());
      expect(events).toEqual([]);
      const gone = Promise.all(clients.map((client) => once(client, "disconnect", PATIENCE)));
      await stage.worker(1).run((io, path) => io.of(path).disconnectSockets(), name);
      await gone;
    },
  },
];
