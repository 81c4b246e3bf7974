// Nothing lost, doubled or out of order, counted while the transport changes under the messages.
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Case } from "../support/suite.js";

const count = (length: number): number[] => Array.from({ length }, (_, index) => index);

export const ORDER_CASES: Case[] = [
  {
    title: "delivers numbered messages of the client in order, from the first moment on",
    async run({ open, burst }) {
      const total = burst === Infinity ? 1_000 : 64;
      const link = await open();
      await link.connected();
      for (let index = 0; index < total; index++) {
        await link.emit("collect", [index]);
        if ((index + 1) % burst === 0) await link.call("mirror");
      }
      await link.settled();
      expect(await link.call("collected")).toEqual([count(total)]);
    },
  },
  {
    title: "delivers numbered messages of the server in order, text and binary",
    async run({ open, burst }) {
      const total = burst === Infinity ? 1_000 : 64;
      const step = burst === Infinity ? total : burst / 2;
      const link = await open();
      await link.connected();
      for (let from = 0; from < total; from += step)
        await link.call("burst", ["seq", from, step, from % (2 * step) > 0]);
      for (let index = 0; index < total; index++) expect((await link.next("seq"))[0]).toBe(index);
      expect(link.waiting("seq")).toEqual([]);
    },
  },
  {
    title: "keeps the order of both directions while it upgrades",
    needs: ["client api", "server api"],
    modes: ["upgrade"],
    ownServer: { upgradeDelayMs: 60 },
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const socket = serverSocket(server, id);
      const transports = new Set<string>();
      const received: unknown[] = [];
      socket.on("up", (index, bytes) => {
        received.push(index);
        transports.add(socket.conn.transport.name);
        if (Number(index) % 10 === 0) expect(Buffer.isBuffer(bytes)).toBe(true);
      });
      const progress = { settled: false };
      void link.settled().then(() => (progress.settled = true));
      let sent = 0;
      for (let rest = 50; rest > 0; rest -= progress.settled ? 1 : 0) {
        const extra = sent % 10 === 0 ? [Buffer.alloc(20)] : [];
        link.js().emit("up", sent, ...extra);
        socket.emit("seq", sent, ...extra);
        sent++;
        await nextTurn();
      }
      for (let index = 0; index < sent; index++) expect((await link.next("seq"))[0]).toBe(index);
      await link.call("mirror");
      expect(received).toEqual(count(sent));
      expect(transports).toEqual(new Set(["polling", "websocket"]));
    },
  },
  {
    title: "calls every ack once while it upgrades",
    needs: ["client api"],
    modes: ["upgrade"],
    async run({ open, burst }) {
      const link = await open();
      await link.connected();
      const total = burst === Infinity ? 300 : 32;
      const calls: Promise<unknown[]>[] = [];
      for (let index = 0; index < total; index++) {
        calls.push(link.call("mirror", [index]));
        if ((index + 1) % burst === 0) await calls[index];
        await nextTurn();
      }
      expect(await Promise.all(calls)).toEqual(count(total).map((index) => [index]));
      expect(await link.settled()).toBe("websocket");
    },
  },
];
