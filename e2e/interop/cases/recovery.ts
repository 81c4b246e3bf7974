// Connection state recovery, where both sides have it: id, rooms, data and missed events after a broken transport.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Case } from "../support/suite.js";

const RECOVERING = { extra: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } } };

export const RECOVERY_CASES: Case[] = [
  {
    title: "recovers id, rooms and data, and delivers what was missed, in order",
    needs: ["client api", "server api"],
    ownServer: RECOVERING,
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const id = await link.connected();
      await link.settled();
      expect(link.js().recovered).toBe(false);
      const socket = serverSocket(server, id);
      socket.join("kept");
      socket.data["kept"] = { deep: ["yes"] };
      socket.emit("told", "before"); // gives the client its first offset
      expect((await link.next("told"))[0]).toBe("before");

      link.js().io.engine.close();
      await link.disconnected();
      await server.journal.take("the disconnect", (entry) => entry.kind === "disconnect" && entry.id === id);
      const io = server.js();
      io.emit("told", "to all", 1);
      io.to("kept").emit("told", "to the room", Buffer.from([1]));
      io.to("elsewhere").emit("told", "not for this one");
      io.volatile.emit("told", "volatile is not kept");
      io.except("kept").emit("told", "nor is an exception");
      io.to(id).emit("told", "to the id");

      expect(await link.connected()).toBe(id);
      expect(link.js().recovered).toBe(true);
      expect((await link.next("told"))[0]).toBe("to all");
      expect((await link.next("told"))[0]).toBe("to the room");
      expect((await link.next("told"))[0]).toBe("to the id");
      const recovered = serverSocket(server, id);
      expect(recovered.recovered).toBe(true);
      expect(recovered.rooms).toEqual(new Set([id, "kept"]));
      expect(recovered.data).toEqual({ kept: { deep: ["yes"] } });
      io.to("kept").emit("told", "after");
      expect((await link.next("told"))[0]).toBe("after");
      expect(link.waiting("told")).toEqual([]);
    },
  },
  {
    title: "recovers a second time from the same client",
    needs: ["client api", "server api"],
    ownServer: RECOVERING,
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const id = await link.connected();
      await link.settled();
      serverSocket(server, id).emit("told", 0);
      expect((await link.next("told"))[0]).toBe(0);
      for (const round of [1, 2]) {
        link.js().io.engine.close();
        await link.disconnected();
        await server.journal.take("the disconnect", (entry) => entry.kind === "disconnect" && entry.id === id);
        server.js().emit("told", round);
        expect(await link.connected()).toBe(id);
        expect(link.js().recovered).toBe(true);
        expect((await link.next("told"))[0]).toBe(round);
      }
    },
  },
  {
    title: "says that nothing was recovered after a restart of the server",
    endsWithConnection: true,
    needs: ["client api", "server api"],
    ownServer: RECOVERING,
    async run({ open, server }) {
      const link = await open({ reconnection: true });
      const id = await link.connected();
      await link.settled();
      serverSocket(server, id).emit("told", 0);
      await link.next("told");
      await server.down();
      await link.disconnected();
      await server.up();
      expect(await link.connected()).not.toBe(id);
      expect(link.js().recovered).toBe(false);
      expect(await link.call("mirror", [1])).toEqual([1]);
    },
  },
  {
    title: "does not recover a socket that disconnected on purpose",
    needs: ["client api", "server api"],
    ownServer: RECOVERING,
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      serverSocket(server, id).emit("told", 0);
      await link.next("told");
      link.js().disconnect();
      await server.journal.take("the disconnect", (entry) => entry.kind === "disconnect" && entry.id === id);
      link.js().connect();
      expect(await link.connected()).not.toBe(id);
      expect(link.js().recovered).toBe(false);
    },
  },
];
