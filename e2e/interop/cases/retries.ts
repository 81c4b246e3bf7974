// The client's `retries`: one packet in flight, sent again until the server acks it.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Ack } from "../support/js-modules.js";
import type { Case } from "../support/suite.js";

export const RETRY_CASES: Case[] = [
  {
    title: "sends again what is not acked in time, one packet after the other",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open({ socketExtra: { retries: 3, ackTimeout: 100 } });
      const id = await link.connected();
      await link.settled();
      const tries: unknown[] = [];
      serverSocket(server, id).on("flaky", (value, ack) => {
        tries.push(value);
        if (tries.filter((seen) => seen === value).length >= 2) (ack as Ack)(value);
      });
      const answers = await Promise.all(
        ["a", "b", "c"].map(
          (value) => new Promise((resolve) => link.js().emit("flaky", value, (...args: unknown[]) => resolve(args))),
        ),
      );
      expect(answers).toEqual([
        [null, "a"],
        [null, "b"],
        [null, "c"],
      ]);
      expect(tries).toEqual(["a", "a", "b", "b", "c", "c"]);
    },
  },
  {
    title: "gives up after its retries, with an error, and goes on with the next packet",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open({ socketExtra: { retries: 1, ackTimeout: 50 } });
      const id = await link.connected();
      await link.settled(); // while it upgrades, a packet may wait longer than the timeout
      let tries = 0;
      serverSocket(server, id).on("deaf", () => tries++);
      const [error] = await new Promise<unknown[]>((resolve) => {
        link.js().emit("deaf", (...args: unknown[]) => {
          resolve(args);
        });
      });
      expect(error).toBeInstanceOf(Error);
      expect(tries).toBe(2);
      expect(
        await new Promise((resolve) => link.js().emit("mirror", "next", (...args: unknown[]) => resolve(args))),
      ).toEqual([null, "next"]);
    },
  },
  {
    title: "sends the packet in flight again after a reconnection",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open({ reconnection: true, socketExtra: { retries: 5, ackTimeout: 5_000 } });
      const id = await link.connected();
      await link.settled();
      const heard = new Promise<void>((resolve) => {
        serverSocket(server, id).on("deaf once", () => {
          resolve();
        });
      });
      const answered = new Promise<unknown[]>((resolve) => {
        link.js().emit("deaf once", "x", (...args: unknown[]) => {
          resolve(args);
        });
      });
      await heard;
      link.js().io.engine.close();
      const again = await link.connected();
      serverSocket(server, again).on("deaf once", (value, ack) => {
        (ack as Ack)(value);
      });
      expect(await answered).toEqual([null, "x"]);
    },
  },
];
