// A server process that is killed while others wait for its answer.
import { expect } from "vitest";
import type { Server } from "@everwire/server";
import { once } from "@everwire/testkit";
import { type Case, PATIENCE } from "../support/stage.js";

/** Runs in a server process: asks the others three things at once, and tells how each ended. */
const askAll = async (io: Server): Promise<string[]> => {
  const end = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => "answered",
      (error: unknown) => (error as Error).message,
    );
  return Promise.all([
    end(io.timeout(2_000).fetchSockets()),
    end(io.serverSideEmitWithAck("present")),
    end(io.timeout(2_000).emitWithAck("ask")),
  ]);
};

/** Runs in a server process: the question has an answer on none of the others. */
const askInVain = (io: Server): Promise<{ message: string | undefined; responses: unknown[] }> =>
  new Promise((resolve) => {
    io.serverSideEmit("unanswered", (error: Error | null, responses: unknown[]) => {
      resolve({ message: error?.message, responses });
    });
  });

export const LOSS_CASES: Case[] = [
  {
    title: "is not waited for once it has closed",
    timeoutMs: 60_000,
    async run(stage) {
      const gone = once(stage.client(2), "disconnect", PATIENCE);
      await stage.worker(2).run((io) => io.close());
      await gone;
      stage.client(2).disconnect();
      await stage.fleet.untilCounted(2, "/", [0, 1]);
      expect(await stage.worker(0).run(async (io) => (await io.fetchSockets()).length)).toBe(2);
      const accidents = stage.fleet.takeAccidents();
      await stage.worker(2).kill();
      await stage.fleet.start();
      expect(accidents).toEqual([]);
    },
  },
  {
    title: "goes on without a process that is killed while it is asked, and with the one that takes its place",
    timeoutMs: 60_000,
    async run(stage) {
      for (const worker of stage.fleet.workers) {
        await worker.run((io) => {
          io.removeAllListeners("present");
          io.on("present", (answer: (response: unknown) => void) => answer("yes"));
        });
      }
      stage.clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      const dropped = once(stage.client(2), "disconnect", PATIENCE);

      // Frozen, it can't have answered before it dies.
      stage.worker(2).freeze();
      const asked = stage.worker(0).run(askAll);
      const unanswered = stage.worker(1).run(askInVain);
      await stage.worker(2).kill();
      await dropped;
      stage.client(2).disconnect();
      for (const end of await asked) expect(end).toMatch(/^(answered$|timeout reached|operation has timed out$)/);

      const { message, responses } = await unanswered;
      expect(responses).toEqual([]);
      expect(message).toMatch(/^timeout reached: (missing \d responses|only 0 responses received out of 2)$/);

      await stage.fleet.untilCounted(2);
      const here = [stage.client(0), stage.client(1)];
      for (const from of [0, 1]) {
        await stage.untilReaches(from, [], here);
        expect(await stage.worker(from).run(askAll)).toEqual(["answered", "answered", "answered"]);
      }
      expect(await stage.worker(0).run(async (io) => (await io.fetchSockets()).length)).toBe(2);

      await stage.fleet.start();
      const late = await stage.connect(2);
      const everyone = [...here, late];
      for (const from of [0, 1, 2]) await stage.untilReaches(from, [], everyone);
    },
  },
];
