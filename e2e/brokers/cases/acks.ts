// Broadcasts that every client acknowledges, wherever it is.
import { expect } from "vitest";
import type { Server } from "@everwire/server";
import type { Case } from "../support/stage.js";

/** Runs in a server process: the answers, and the error's message where there was one. */
const ask = async (
  io: Server,
  rooms: string[],
  timeoutMs: number,
  ...args: unknown[]
): Promise<{ message?: string; responses: unknown[] }> => {
  try {
    return {
      responses: await io
        .to(rooms)
        .timeout(timeoutMs)
        .emitWithAck("ask", ...args),
    };
  } catch (error) {
    const { message, responses } = error as Error & { responses: unknown[] };
    return { message, responses };
  }
};

const LONG_MS = 10_000;
const SHORT_MS = 400;

export const ACK_CASES: Case[] = [
  {
    title: "collects the acknowledgements of all clients, binary ones too",
    async run(stage) {
      stage.clients.forEach((client, index) => {
        client.on("ask", (question: Uint8Array, answer: (...args: unknown[]) => void) => {
          answer({ index, seen: Buffer.from(question) });
        });
      });
      for (const worker of stage.fleet.workers) {
        const { message, responses } = await worker.run(ask, [], LONG_MS, Buffer.from([7]));
        expect(message).toBeUndefined();
        const answers = responses as { index: number; seen: Uint8Array }[];
        expect(answers.map(({ index, seen }) => [index, ...seen]).sort()).toEqual([0, 1, 2].map((index) => [index, 7]));
      }
    },
  },
  {
    title: "collects those of a room, and of nobody",
    async run(stage) {
      stage.clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      await stage.join("asked", [stage.client(1), stage.client(2)]);
      const room = await stage.worker(0).run(ask, ["asked"], LONG_MS);
      expect({ ...room, responses: room.responses.sort() }).toEqual({ responses: [1, 2] });
      expect(await stage.worker(0).run(ask, ["nobody is here"], LONG_MS)).toEqual({ responses: [] });
    },
  },
  {
    title: "collects those of its own process only",
    isOurs: true,
    async run(stage) {
      stage.clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      const local = await stage
        .worker(2)
        .run((io, timeoutMs) => io.local.timeout(timeoutMs).emitWithAck("ask"), LONG_MS);
      expect(local).toEqual([2]);
    },
  },
  {
    title: "has what came until the time is over, when a client does not answer",
    async run(stage) {
      for (const index of [0, 1]) {
        stage.client(index).on("ask", (answer: (value: unknown) => void) => answer(index));
      }
      const { message, responses } = await stage.worker(2).run(ask, [], SHORT_MS);
      expect([message, responses.sort()]).toEqual(["operation has timed out", [0, 1]]);
    },
  },
  {
    title: "has what came until the time is over, when a process is silent",
    async run(stage) {
      stage.clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      stage.worker(1).freeze();
      stage.onEnd(() => stage.worker(1).thaw());
      const { message, responses } = await stage.worker(0).run(ask, [], SHORT_MS);
      expect([message, responses.sort()]).toEqual(["operation has timed out", [0, 2]]);
      stage.worker(1).thaw();
      expect((await stage.worker(0).run(ask, [], LONG_MS)).responses).toHaveLength(3);
    },
  },
];
