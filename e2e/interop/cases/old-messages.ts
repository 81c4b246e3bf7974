// Events and acknowledgements of old clients: JSON, text beyond the basic plane, sizes, order.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { OldCase } from "../support/old-suite.js";

export const OLD_MESSAGE_CASES: OldCase[] = [
  {
    title: "carries JSON of every kind both ways",
    async run({ open }) {
      const link = open();
      await link.connected();
      const args = [0, -1.5, true, false, null, "", "text", [], {}, [[1, { deep: ["x"] }]], { a: { b: null } }];
      link.emit("echo", args);
      expect(await link.next("echo")).toEqual(args);
    },
  },
  {
    title: "carries text beyond the basic plane both ways",
    async run({ open, server, text }) {
      const link = open();
      const id = await link.connected();
      const heard = new Promise<unknown[]>((resolve) => {
        serverSocket(server, id).on("mirror", (...args) => {
          resolve(args.slice(0, -1));
        });
      });
      const args = [text, { [text]: text }];
      expect(await link.call("mirror", args)).toEqual(args);
      expect(await heard).toEqual(args);
    },
  },
  {
    title: "carries a long text both ways",
    async run({ open, text }) {
      const link = open();
      await link.connected();
      const long = text.repeat(5_000);
      expect(await link.call("mirror", [long])).toEqual([long]);
    },
  },
  {
    title: "brings acks both ways, with all their arguments",
    async run({ open }) {
      const link = open();
      await link.connected();
      expect(await link.call("mirror", ["a", 1, { b: null }])).toEqual(["a", 1, { b: null }]);
      expect(await link.call("ask", [5_000, "question", "x", 2])).toEqual(["answered", "x", 2]);
      expect(await link.call("ask", [50, "unanswered", "x"])).toEqual(["timed out"]);
    },
  },
  {
    title: "matches each of many acks with its call",
    async run({ open }) {
      const link = open();
      await link.connected();
      const calls = Array.from({ length: 100 }, (_, index) => index);
      expect(await Promise.all(calls.map((index) => link.call("mirror", [index])))).toEqual(calls.map((n) => [n]));
    },
  },
  {
    title: "keeps the order of both directions, through an upgrade too, with binary in between",
    ownServer: { upgradeDelayMs: 40 },
    async run({ open }) {
      const link = open();
      await link.connected();
      const count = 60;
      for (let index = 0; index < count; index++) {
        link.emit("collect", [index % 9 === 0 ? Buffer.from(String(index)) : String(index)]);
        if (index % 20 === 0) await link.call("burst", ["seq", index, 20, index % 40 === 0]);
      }
      await link.settled();
      const [collected] = await link.call("collected");
      expect((collected as unknown[]).map(String)).toEqual(Array.from({ length: count }, (_, index) => String(index)));
      const seen: unknown[] = [];
      for (let index = 0; index < count; index++) seen.push((await link.next("seq"))[0]);
      expect(seen).toEqual(Array.from({ length: count }, (_, index) => index));
    },
  },
  {
    title: "drops a volatile event only when it can't go at once",
    async run({ open, server }) {
      const link = open();
      const id = await link.connected();
      await link.settled();
      expect(await link.call("mirror", ["ready"])).toEqual(["ready"]);
      const socket = serverSocket(server, id);
      socket.emit("told", "sure");
      expect(await link.next("told")).toEqual(["sure"]);
    },
  },
];
