// The broker is killed under the servers and started again: they live, say so, and find each other again.
import { expect } from "vitest";
import type { Server } from "@everwire/server";
import { once } from "@everwire/testkit";
import { type Case, PATIENCE } from "../support/stage.js";

/** Runs in a server process: everything that goes over the broker. What it can't answer now is an error, and none of ours. */
const useEverything = (io: Server): void => {
  io.emit("m", "away");
  io.to("before").emit("m", "away, room");
  io.in("nobody").socketsJoin("room");
  io.in("nobody").disconnectSockets();
  io.serverSideEmit("nothing");
  const ignore = (): void => undefined;
  io.fetchSockets().then(ignore, ignore);
  io.serverSideEmitWithAck("nothing").then(ignore, ignore);
  io.timeout(500).emitWithAck("ask").then(ignore, ignore);
};

export const OUTAGE_CASES: Case[] = [
  {
    title: "lives through its broker's end, serves its own clients meanwhile, and works as before when it is back",
    timeoutMs: 60_000,
    async run(stage) {
      const { broker } = stage;
      if (broker === undefined) throw new Error("failed to take the broker away: this setup has none");
      stage.clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      await stage.join("before", [stage.client(1), stage.client(2)]);
      stage.fleet.takeNotes();

      await broker.crash();
      let isAway = true;
      stage.onEnd(() => isAway && broker.restart());
      const away = stage.clients.map((client) => stage.next(client, "m", "away"));
      for (const worker of stage.fleet.workers) await worker.run(useEverything);
      const late = await stage.connect(0);
      late.on("ask", (answer: (value: unknown) => void) => answer("late"));
      await stage.worker(0).run((io, id) => io.sockets.sockets.get(id)?.join("during"), late.id ?? "");
      const own = once(late, "own", PATIENCE);
      await stage.worker(0).run((io, id) => void io.sockets.sockets.get(id)?.emit("own"), late.id ?? "");
      if (!stage.waitsForBroker) await Promise.all([...away, own]);
      for (const worker of stage.fleet.workers) {
        await stage.until(
          () => worker.notes.some(({ kind }) => kind === "broker" || kind === "listener_error"),
          "errors",
        );
      }

      isAway = false;
      await broker.restart();
      await Promise.all([...away, own]);
      for (const from of [0, 1, 2]) {
        await stage.untilReaches(from, [], [...stage.clients, late]);
        await stage.untilReaches(from, ["before"], [stage.client(1), stage.client(2)]);
        await stage.untilReaches(from, ["during"], [late]);
      }
      await stage.fleet.untilCounted(3);
      for (const worker of stage.fleet.workers) {
        const answers = await worker.run((io) => io.timeout(10_000).emitWithAck("ask") as Promise<unknown[]>);
        expect(answers.sort()).toEqual([0, 1, 2, "late"]);
        expect(await worker.run(async (io) => (await io.fetchSockets()).length)).toBe(4);
      }
    },
  },
];
