// Acknowledgements both ways: arguments, timeouts, promises, many at once, broadcast acks.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Case } from "../support/suite.js";

export const ACK_CASES: Case[] = [
  {
    title: "brings the server's ack with all its arguments",
    async run({ open }) {
      const link = await open();
      await link.connected();
      expect(await link.call("mirror", ["a", 1, { b: ["ü🎈"] }, null])).toEqual(["a", 1, { b: ["ü🎈"] }, null]);
      expect(await link.call("mirror", ["one"])).toEqual(["one"]);
    },
  },
  {
    title: "brings the client's ack to the server with all its arguments",
    async run({ open }) {
      const link = await open();
      await link.connected();
      expect(await link.call("ask", [5_000, "question", "a", 2, { b: null }])).toEqual([
        "answered",
        "a",
        2,
        { b: null },
      ]);
    },
  },
  {
    title: "matches each of many acks with its call",
    async run({ open, burst }) {
      const link = await open();
      await link.connected();
      const calls = Array.from({ length: Math.min(100, burst) }, (_, index) => index);
      expect(await Promise.all(calls.map((index) => link.call("mirror", [index])))).toEqual(
        calls.map((index) => [index]),
      );
    },
  },
  {
    title: "fails a call of the client whose ack does not come in time",
    async run({ open }) {
      const link = await open();
      await link.connected();
      await expect(link.call("silent", [], { timeoutMs: 60 })).rejects.toThrow();
      expect(await link.call("mirror", ["alive"])).toEqual(["alive"]);
    },
  },
  {
    title: "names the timeout as the error of a call of the client",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      await link.connected();
      await expect(link.call("silent", [], { timeoutMs: 30 })).rejects.toThrow("operation has timed out");
      await expect(link.js().timeout(30).emitWithAck("silent")).rejects.toThrow("operation has timed out");
    },
  },
  {
    title: "fails a call of the server whose ack does not come in time",
    async run({ open }) {
      const link = await open();
      await link.connected();
      expect(await link.call("ask", [60, "unanswered", "x"])).toEqual(["timed out"]);
    },
  },
  {
    title: "resolves emitWithAck of the client",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      await link.connected();
      expect(await link.js().emitWithAck("mirror", { value: 1 })).toEqual({ value: 1 });
      expect(await link.js().timeout(5_000).emitWithAck("mirror", "timed")).toBe("timed");
    },
  },
  {
    title: "resolves emitWithAck of the server",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const socket = serverSocket(server, id);
      expect(await socket.emitWithAck("question", "plain")).toBe("plain");
      expect(await socket.timeout(5_000).emitWithAck("question", ["timed"])).toEqual(["timed"]);
      await expect(socket.timeout(30).emitWithAck("unanswered")).rejects.toThrow("operation has timed out");
    },
  },
  {
    title: "acks an event that was emitted before the connection was there",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      const early = link.call("mirror", ["early"]);
      await link.connected();
      expect(await early).toEqual(["early"]);
    },
  },
  {
    title: "fails the pending calls of a client that disconnects",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      await link.connected();
      const pending = link.call("silent");
      link.js().disconnect();
      await expect(pending).rejects.toThrow("socket has been disconnected");
    },
  },
  {
    title: "ignores the second call of an ack",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      serverSocket(server, id).on("twice", (ack) => {
        if (typeof ack !== "function") return;
        ack("first");
        ack("second");
      });
      expect(await link.call("twice")).toEqual(["first"]);
      expect(await link.call("mirror", [1])).toEqual([1]);
    },
  },
  {
    title: "collects the acks of a broadcast",
    needs: ["server api"],
    async run({ open, server }) {
      const links = await Promise.all([open(), open(), open()]);
      const ids = await Promise.all(links.map((link) => link.connected()));
      const room = `acks-${ids.join()}`;
      await Promise.all(links.map((link) => link.call("join", [room])));
      expect(await server.js().to(room).timeout(5_000).emitWithAck("question", "all")).toEqual(["all", "all", "all"]);
      const others = serverSocket(server, ids[0] ?? "").to(room);
      expect(await others.timeout(5_000).emitWithAck("question", 2)).toEqual([2, 2]);
      expect(await server.js().to("nobody").timeout(5_000).emitWithAck("question", "x")).toEqual([]);
    },
  },
  {
    title: "reports a broadcast whose acks do not all come, with those that did",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const operator = server.js().to(id).timeout(60);
      await expect(operator.emitWithAck("unanswered")).rejects.toThrow("operation has timed out");
      const outcome = new Promise<unknown[]>((resolve) => {
        operator.emit("unanswered", (...args: unknown[]) => {
          resolve(args);
        });
      });
      const [error, answers] = await outcome;
      expect(error).toBeInstanceOf(Error);
      expect(answers).toEqual([]);
    },
  },
];
