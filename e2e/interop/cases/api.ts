// Features of one side's API that have to work whatever the other side is: catch-all listeners, packet middleware, send, paths,
// cookies, a custom parser.
import { EventEmitter } from "node:events";
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Case } from "../support/suite.js";

/** A parser of one JSON text a packet, as an application might bring along; it has no binary. */
const JSON_PARSER = {
  Encoder: class {
    encode(packet: unknown): string[] {
      return [JSON.stringify(packet)];
    }
  },
  Decoder: class extends EventEmitter {
    add(chunk: string): void {
      this.emit("decoded", JSON.parse(chunk));
    }
    destroy(): void {
      this.removeAllListeners();
    }
  },
};

export const API_CASES: Case[] = [
  {
    title: "calls the client's catch-all listeners, incoming and outgoing, until they are taken off",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      await link.connected();
      const socket = link.js();
      const seen: unknown[] = [];
      const second = (...args: unknown[]): void => void seen.push(["in 2", ...args]);
      socket.onAny(second);
      socket.prependAny((...args) => seen.push(["in 1", ...args]));
      socket.onAnyOutgoing((...args) => seen.push(["out", ...args]));
      await link.emit("echo", ["x", 1]);
      await link.next("echo");
      expect(seen).toEqual([
        ["out", "echo", "x", 1],
        ["in 1", "echo", "x", 1],
        ["in 2", "echo", "x", 1],
      ]);
      socket.offAny(second);
      socket.offAnyOutgoing();
      await link.emit("echo", ["y"]);
      await link.next("echo");
      expect(seen.slice(3)).toEqual([["in 1", "echo", "y"]]);
    },
  },
  {
    title: "calls the server's catch-all listeners, incoming and outgoing, broadcasts included",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const socket = serverSocket(server, id);
      const seen: unknown[] = [];
      socket.onAny((...args) => seen.push(["in", ...args]));
      socket.onAnyOutgoing((...args) => seen.push(["out", ...args]));
      await link.emit("echo", ["x"]);
      await link.next("echo");
      server.js().to(id).emit("told", "all");
      await link.next("told");
      expect(seen).toEqual([
        ["in", "echo", "x"],
        ["out", "echo", "x"],
        ["out", "told", "all"],
      ]);
    },
  },
  {
    title: "lets the server's packet middleware change an event, or refuse it",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const socket = serverSocket(server, id);
      const errors: unknown[] = [];
      socket.on("error", (error) => errors.push((error as Error).message));
      socket.use((event, next) => {
        if (event[1] === "refuse") {
          next(new Error("refused"));
          return;
        }
        if (event[0] === "echo") event[1] = `changed ${String(event[1])}`;
        next();
      });
      await link.emit("echo", ["refuse"]);
      await link.emit("echo", ["this"]);
      expect(await link.next("echo")).toEqual(["changed this"]);
      expect(errors).toEqual(["refused"]);
    },
  },
  {
    title: "delivers send() of both sides as message events",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const heard = new Promise<unknown[]>((resolve) => {
        serverSocket(server, id).on("message", (...args) => {
          resolve(args);
        });
      });
      link.js().send("up", 1);
      expect(await heard).toEqual(["up", 1]);
      serverSocket(server, id).send("down", 2);
      expect(await link.next("message")).toEqual(["down", 2]);
    },
  },
  {
    title: "meets the other side on another path",
    needs: ["client api", "server api"],
    ownServer: { extra: { path: "/here/it-is" } },
    async run({ open }) {
      const link = await open({ extra: { path: "/here/it-is" } });
      await link.connected();
      expect(await link.call("mirror", [1])).toEqual([1]);
      const stray = await open();
      await stray.refused();
    },
  },
  {
    title: "meets the other side on a path without its trailing slash",
    needs: ["client api", "server api"],
    ownServer: { extra: { addTrailingSlash: false } },
    async run({ open }) {
      const link = await open({ extra: { addTrailingSlash: false } });
      await link.connected();
      await link.settled();
      expect(await link.call("mirror", [1])).toEqual([1]);
    },
  },
  {
    title: "stays on polling where one side wants no upgrade",
    needs: ["client api", "server api"],
    modes: ["upgrade"],
    ownServer: { extra: { allowUpgrades: false } },
    async run({ open }) {
      const link = await open();
      await link.connected();
      for (let index = 0; index < 20; index++) expect(await link.call("mirror", [index])).toEqual([index]);
      expect(link.js().io.engine.transport.name).toBe("polling");
      expect(await link.call("transport")).toEqual(["polling"]);
    },
  },
  {
    title: "keeps the server's cookie when the client has credentials on",
    needs: ["client api", "server api"],
    ownServer: { extra: { cookie: true } },
    async run({ open, server }) {
      const link = await open({ extra: { withCredentials: true } });
      const id = await link.connected();
      await link.settled();
      expect(await link.call("mirror", [1])).toEqual([1]);
      expect(serverSocket(server, id).conn.id).toBe(link.js().io.engine.id);
    },
  },
  {
    title: "speaks through a custom parser that both sides were given",
    needs: ["client api", "server api"],
    ownServer: { extra: { parser: JSON_PARSER } },
    async run({ open }) {
      const link = await open({ namespaces: ["/", "/other"], extra: { parser: JSON_PARSER } });
      await Promise.all([link.connected("/"), link.connected("/other")]);
      expect(await link.call("mirror", ["custom", { deep: [1] }], { namespace: "/other" })).toEqual([
        "custom",
        { deep: [1] },
      ]);
      await link.emit("echo", ["ü🎈"]);
      expect(await link.next("echo")).toEqual(["ü🎈"]);
    },
  },
];
