// Every way a connection ends, with the reason that each side gets, and how the client comes back.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { RunningServer } from "../support/ports.js";
import type { Case } from "../support/suite.js";

const disconnectOf = (server: RunningServer, id: string) =>
  server.journal.take(`the disconnect of ${id}`, (entry) => entry.kind === "disconnect" && entry.id === id);

export const DISCONNECT_CASES: Case[] = [
  {
    title: "tells the server when the client disconnects",
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      await link.settled();
      await link.close();
      await link.disconnected();
      await disconnectOf(server, id);
    },
  },
  {
    title: "gives both sides their reasons when the client disconnects",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      link.js().disconnect();
      expect(await link.disconnected()).toBe("io client disconnect");
      expect(await disconnectOf(server, id)).toMatchObject({ reason: "client namespace disconnect" });
      expect(link.js().active).toBe(false);
    },
  },
  {
    title: "tells the client when the server disconnects it",
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      await link.settled();
      await link.emit("kick", [false]);
      await link.disconnected();
      await disconnectOf(server, id);
    },
  },
  {
    title: "gives the client the reason of a disconnect by the server, and does not reconnect",
    needs: ["client api"],
    async run({ open }) {
      const link = await open({ reconnection: true });
      await link.connected();
      await link.emit("kick", [false]);
      expect(await link.disconnected()).toBe("io server disconnect");
      expect(link.js().active).toBe(false);
      expect(link.js().id).toBeUndefined();
    },
  },
  {
    title: "gives the server the reason of its own disconnect",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      serverSocket(server, id).disconnect();
      await link.disconnected();
      expect(await disconnectOf(server, id)).toMatchObject({ reason: "server namespace disconnect" });
    },
  },
  {
    title: "closes all namespaces when the server disconnects the connection",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open({ namespaces: ["/", "/other"] });
      const [id, other] = await Promise.all([link.connected("/"), link.connected("/other")]);
      await link.emit("kick", [true]);
      expect(await link.disconnected("/")).toBe("io server disconnect");
      await link.disconnected("/other");
      expect(await disconnectOf(server, id)).toMatchObject({ reason: "server namespace disconnect" });
      expect(await disconnectOf(server, other)).toMatchObject({ reason: "server namespace disconnect" });
    },
  },
  {
    title: "calls it a transport close on the server when the client's engine closes, and reconnects with a new id",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const id = await link.connected();
      await link.settled();
      link.js().io.engine.close();
      expect(await link.disconnected()).toBe("forced close");
      expect(await disconnectOf(server, id)).toMatchObject({ reason: "transport close" });
      expect(await link.connected()).not.toBe(id);
      expect(await link.call("mirror", ["back"])).toEqual(["back"]);
    },
  },
  {
    title: "calls it a transport close on the client when the server's engine closes",
    needs: ["client api", "server api"],
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const id = await link.connected();
      await link.settled();
      serverSocket(server, id).conn.close();
      expect(await link.disconnected()).toBe("transport close");
      expect(await disconnectOf(server, id)).toMatchObject({ reason: "forced close" });
      expect(await link.connected()).not.toBe(id);
    },
  },
  {
    title: "shows the rooms while disconnecting and none after",
    needs: ["server api"],
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      const socket = serverSocket(server, id);
      socket.join("a room");
      const seen: unknown[] = [];
      socket.on("disconnecting", () => seen.push([...socket.rooms]));
      socket.on("disconnect", () => seen.push([...socket.rooms]));
      await link.close();
      await disconnectOf(server, id);
      expect(seen).toEqual([[id, "a room"], []]);
    },
  },
  {
    title: "names the shutdown of the server as the reason",
    endsWithConnection: true,
    needs: ["client api", "server api"],
    ownServer: {},
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      await link.settled();
      await server.down();
      expect(await disconnectOf(server, id)).toMatchObject({ reason: "server shutting down" });
      expect(await link.disconnected()).toMatch(/^(transport close|transport error)$/);
    },
  },
  {
    title: "reconnects after the server was closed and started again, and speaks again",
    endsWithConnection: true,
    needs: ["client api"], // the Python client takes the goodbye over polling for final
    ownServer: {},
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const first = await link.connected();
      await link.settled();
      await server.down();
      await link.disconnected();
      await server.up();
      expect(await link.connected()).not.toBe(first);
      expect(await link.call("mirror", ["back"])).toEqual(["back"]);
    },
  },
  {
    title: "reconnects after the server crashed and started again, and speaks again",
    endsWithConnection: true,
    ownServer: {},
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const first = await link.connected();
      await link.settled();
      await server.crash();
      await link.disconnected();
      await server.up();
      expect(await link.connected()).not.toBe(first);
      expect(await link.call("mirror", ["back", Buffer.from("again")])).toHaveLength(2);
    },
  },
  {
    title: "counts its attempts, and sends what was emitted meanwhile",
    endsWithConnection: true,
    needs: ["client api"],
    ownServer: {},
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      await link.connected();
      await link.settled();
      const events: string[] = [];
      const manager = link.js().io;
      for (const event of ["reconnect_attempt", "reconnect_error", "reconnect"]) {
        manager.on(event, () => events.push(event));
      }
      const failed = new Promise<void>((resolve) => {
        manager.once("reconnect_error", () => {
          resolve();
        });
      });
      await server.down();
      await link.disconnected();
      await link.emit("collect", ["meanwhile"]);
      await failed;
      await server.up();
      await link.connected();
      expect(events.slice(0, 2)).toEqual(["reconnect_attempt", "reconnect_error"]);
      expect(events.at(-1)).toBe("reconnect");
      expect(await link.call("collected")).toEqual([["meanwhile"]]);
    },
  },
  {
    title: "keeps trying when the server is not there yet",
    needs: ["client api"],
    ownServer: {},
    async run({ open, server, mode }) {
      await server.down();
      const link = await open({ reconnection: true });
      expect(await link.refused()).toMatchObject({
        message: mode === "websocket" ? "websocket error" : "xhr poll error",
      });
      expect(link.js().active).toBe(true);
      await server.up();
      await link.connected();
      expect(await link.call("mirror", ["there"])).toEqual(["there"]);
    },
  },
  {
    title: "gives up after the attempts that it was given",
    endsWithConnection: true,
    needs: ["client api"],
    ownServer: {},
    async run({ open, server }) {
      const link = await open({ reconnection: true, extra: { reconnectionAttempts: 2 } });
      await link.connected();
      const attempts: unknown[] = [];
      link.js().io.on("reconnect_attempt", (attempt) => attempts.push(attempt));
      const failed = new Promise<void>((resolve) => {
        link.js().io.once("reconnect_failed", () => {
          resolve();
        });
      });
      await server.down();
      await failed;
      expect(attempts).toEqual([1, 2]);
      expect(link.js().active).toBe(true);
    },
  },
];
