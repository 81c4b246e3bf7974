// Events to everyone, to rooms and past them, from any process to clients of all.
import { expect } from "vitest";
import type { Case } from "../support/stage.js";
import { once } from "@everwire/testkit";
import { PATIENCE } from "../support/stage.js";

const sorted = (events: unknown[][]): string[] => events.map((event) => JSON.stringify(event)).sort();

export const ROOM_CASES: Case[] = [
  {
    title: "broadcasts to everyone, on every transport, with binary data",
    async run(stage) {
      for (const [from, worker] of stage.fleet.workers.entries()) {
        const heard = Promise.all(stage.clients.map((client) => once(client, "m", PATIENCE)));
        await worker.run(
          (io, index) => void io.emit("m", index, "ü€", null, { deep: [Buffer.from([1, 2, 250])] }, 1.5),
          from,
        );
        for (const args of await heard) {
          const [index, text, nothing, { deep }, number] = args as [
            number,
            string,
            null,
            { deep: Uint8Array[] },
            number,
          ];
          expect([index, text, nothing, [...(deep[0] ?? [])], number]).toEqual([from, "ü€", null, [1, 2, 250], 1.5]);
        }
      }
    },
  },
  {
    title: "carries a message larger than a broker's notifications",
    async run(stage) {
      const text = "ü".repeat(20_000);
      const heard = Promise.all(stage.clients.map((client) => once<[string]>(client, "large", PATIENCE)));
      await stage.worker(1).run((io, large) => void io.emit("large", large), text);
      for (const [large] of await heard) expect(large === text).toBe(true);
    },
  },
  {
    title: "sends to rooms over processes, several rooms once, and past exceptions",
    async run(stage) {
      const [one, two, three] = stage.ids;
      await stage.join("a", [stage.client(1), stage.client(2)]);
      await stage.join("b", [stage.client(2)]);
      const events = stage.clients.map((client) => stage.listen(client));
      await stage.worker(0).run((io, own) => {
        io.to("a").emit("m", "room");
        io.in(["a", "b"]).emit("m", "rooms");
        io.to("a").to("b").except("b").emit("m", "room without");
        io.except("a").emit("m", "everyone without");
        io.sockets.sockets.get(own)?.broadcast.emit("m", "others");
        io.sockets.sockets.get(own)?.to("a").emit("m", "room of others");
      }, one ?? "");
      await stage.worker(1).run(
        (io, own, other) => {
          io.sockets.sockets.get(own)?.to("a").emit("m", "room but me");
          io.sockets.sockets.get(own)?.except(other).emit("m", "others without");
        },
        two ?? "",
        three ?? "",
      );
      const expected = [
        ["everyone without", "others without"],
        ["room", "rooms", "room without", "others", "room of others"],
        ["room", "rooms", "others", "room of others", "room but me"],
      ].map((names) => sorted(names.map((name) => ["m", name])));
      await stage.until(
        () => events.every((list, index) => list.length >= (expected[index]?.length ?? 0)),
        "all events",
      );
      await stage.settle();
      expect(events.map(sorted)).toEqual(expected);
    },
  },
  {
    title: "keeps to its own process what is local",
    async run(stage) {
      const events = stage.clients.map((client) => stage.listen(client));
      await stage.worker(1).run((io) => void io.local.emit("near"));
      await stage.until(() => events[1]?.length === 1, "the local event");
      await stage.settle();
      expect(events).toEqual([[], [["near"]], []]);
    },
  },
  {
    title: "sends what is volatile to those who can take it",
    async run(stage) {
      const heard = once(stage.client(0), "volatile", PATIENCE);
      await stage.worker(2).run((io) => void io.volatile.emit("volatile", 1));
      expect(await heard).toEqual([1]);
    },
  },
  {
    title: "keeps the order of what one process sends to a client of another",
    needsOrder: true,
    async run(stage) {
      const events = stage.listen(stage.client(0));
      await stage.worker(1).run((io) => {
        for (let i = 0; i < 100; i++) io.emit("m", i);
      });
      await stage.until(() => events.length === 100, "a hundred events");
      expect(events.map(([, i]) => i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    },
  },
];
