// Events both ways: every kind of JSON value, names, argument counts, volatile, large messages.
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Case } from "../support/suite.js";

const VALUES: [string, unknown[]][] = [
  ["no argument", []],
  ["strings", ["", "a", 'with "quotes" and \\ and \n', '1-["x"]', "\u001e\u0000\u007f", "\u2028\u2029"]],
  ["unicode within and beyond the BMP", ["é", "ßαЖ漢", "😀👩‍👩‍👧‍👦", "\u{10FFFF}", { "ключ 🔑": "значение" }]],
  ["numbers", [0, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, -123456789.25]],
  ["null and booleans", [null, true, false, null]],
  ["nested arrays and objects", [[[[]]], {}, { a: [{ b: { c: [1, [2, { d: null }]] } }] }, [null, [false, ""]]]],
  ["text that looks like a placeholder", [{ _placeholder: false, num: 0 }, "_placeholder"]],
];

const NAMES = ["naïve ☃ event", "a,b", "1-[", "constructor", "message"];

const ONE_MEGABYTE = 1_000_000;

export const EVENT_CASES: Case[] = [
  ...VALUES.map(([what, args]): Case => {
    return {
      title: `delivers ${what} both ways`,
      async run({ open }) {
        const link = await open();
        await link.connected();
        await link.emit("echo", args);
        expect(await link.next("echo")).toEqual(args);
      },
    };
  }),
  {
    title: "delivers events of any name",
    async run({ open }) {
      const link = await open();
      await link.connected();
      for (const name of NAMES) {
        await link.emit("say", [{}, name, name]);
        expect(await link.next(name)).toEqual([name]);
      }
    },
  },
  {
    title: "keeps the order of events of different kinds",
    async run({ open }) {
      const link = await open();
      await link.connected();
      await link.emit("echo", ["first"]);
      await link.emit("echo", [Buffer.from("second")]);
      await link.emit("echo", [{ third: true }]);
      expect(await link.next("echo")).toEqual(["first"]);
      await link.next("echo");
      expect(await link.next("echo")).toEqual([{ third: true }]);
    },
  },
  {
    title: "delivers a message of 1 MB of text both ways, unicode included",
    async run({ open }) {
      const link = await open();
      await link.connected();
      const text = "0123456789ü🎈".repeat(ONE_MEGABYTE / 16);
      await link.emit("echo", [text, "end"]);
      const [back, end] = await link.next("echo");
      expect(back === text).toBe(true); // not toBe: a diff of a megabyte helps nobody
      expect(end).toBe("end");
    },
  },
  {
    title: "sends what was emitted before the connection was there, in order",
    needs: ["client api"],
    async run({ open, burst }) {
      const total = Math.min(20, burst);
      const link = await open();
      for (let index = 0; index < total; index++) await link.emit("collect", [index]);
      await link.connected();
      expect(await link.call("collected")).toEqual([Array.from({ length: total }, (_, index) => index)]);
    },
  },
  {
    title: "drops a volatile event of a client that is not connected, delivers one of a client that is",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      link.js().volatile.emit("collect", "dropped");
      await link.connected();
      await link.settled();
      expect(await link.call("collected")).toEqual([[]]);
      // A volatile event may rightly be dropped while a request of polling is under way, so it is emitted until one arrives.
      let arrived: unknown = [];
      while (Array.isArray(arrived) && arrived.length === 0) {
        await nextTurn();
        link.js().volatile.emit("collect", "kept");
        [arrived] = await link.call("collected");
      }
      expect(arrived).toEqual(["kept"]);
    },
  },
  {
    title: "delivers a volatile event of the server to a client that can take it",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      await link.call("mirror");
      const deliver = async (): Promise<unknown[]> => {
        // Over polling the server can write only while a poll waits, so one event may rightly be dropped.
        const timer = setInterval(() => serverSocket(server, id).volatile.emit("told", "volatile"), 10);
        try {
          return await link.next("told");
        } finally {
          clearInterval(timer);
        }
      };
      expect(await deliver()).toEqual(["volatile"]);
    },
  },
  {
    title: "delivers a compressed message both ways, over WebSocket with permessage-deflate",
    needs: ["client api", "server api"],
    ownServer: { extra: { perMessageDeflate: { threshold: 512 }, httpCompression: { threshold: 512 } } },
    async run({ open }) {
      const link = await open({ extra: { perMessageDeflate: { threshold: 512 } } });
      await link.connected();
      await link.settled();
      const text = "squeeze me, ".repeat(5_000);
      link.js().emit("echo", text);
      link.js().compress(false).emit("echo", text, "plain");
      link.js().emit("echo", "small");
      expect(await link.next("echo")).toEqual([text]);
      expect(await link.next("echo")).toEqual([text, "plain"]);
      expect(await link.next("echo")).toEqual(["small"]);
    },
  },
];
