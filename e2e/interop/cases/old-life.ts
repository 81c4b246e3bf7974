// How connections of old clients live and end: heartbeat in their direction, disconnects of both sides, a server that comes back.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { RunningServer } from "../support/ports.js";
import type { OldCase } from "../support/old-suite.js";

async function serverReason(server: RunningServer, id: string): Promise<string | undefined> {
  const entry = await server.journal.take(
    `the end of ${id}`,
    (candidate) => candidate.kind === "disconnect" && candidate.id === id,
  );
  return entry.kind === "disconnect" ? entry.reason : undefined;
}

export const OLD_LIFE_CASES: OldCase[] = [
  {
    title: "stays connected through several rounds of the heartbeat",
    ownServer: { extra: { pingInterval: 120, pingTimeout: 2_000 } },
    async run({ open, server }) {
      const link = open();
      const id = await link.connected();
      await link.settled();
      for (let round = 0; round < 4; round++) await link.beat();
      expect(serverSocket(server, id).connected).toBe(true);
      expect(await link.call("mirror", ["alive"])).toEqual(["alive"]);
    },
  },
  {
    title: "leaves by itself",
    async run({ open, server }) {
      const link = open();
      const id = await link.connected();
      await link.settled();
      link.close();
      expect(await serverReason(server, id)).toBe("client namespace disconnect");
      expect(await link.disconnected()).toBe("io client disconnect");
    },
  },
  {
    title: "leaves one namespace and stays in another",
    async run({ open, server }) {
      const link = open({ namespaces: ["/", "/other"] });
      await link.connected();
      const id = await link.connected("/other");
      await server.journal.take("the arrival in /other", (entry) => entry.namespace === "/other");
      link.js("/other").disconnect();
      const left = await server.journal.take(
        "the end in /other",
        (entry) => entry.kind === "disconnect" && entry.namespace === "/other",
      );
      expect(left).toMatchObject({ reason: "client namespace disconnect" });
      expect(id).not.toBe("");
      expect(await link.call("mirror", ["alive"])).toEqual(["alive"]);
    },
  },
  {
    title: "is put out of the namespace by the server",
    async run({ open, server }) {
      const link = open({ namespaces: ["/", "/other"] });
      const id = await link.connected();
      await link.connected("/other");
      serverSocket(server, id).disconnect();
      expect(await serverReason(server, id)).toBe("server namespace disconnect");
      expect(await link.disconnected()).toBe("io server disconnect");
      expect(await link.call("mirror", ["alive"], "/other")).toEqual(["alive"]);
    },
  },
  {
    title: "has its connection closed by the server",
    async run({ open, server }) {
      const link = open();
      const id = await link.connected();
      await link.settled();
      serverSocket(server, id).disconnect(true);
      expect(await serverReason(server, id)).toBe("server namespace disconnect");
      expect(await link.disconnected()).toBe("io server disconnect");
    },
  },
  {
    title: "comes back to a server that was restarted, in all its namespaces",
    ownServer: {},
    async run({ open, server }) {
      const link = open({ reconnection: true, namespaces: ["/", "/guarded"], credentials: { token: "secret" } });
      const id = await link.connected();
      await link.connected("/guarded");
      await link.settled();
      await server.crash();
      await link.disconnected();
      await server.up();
      expect(await link.connected()).not.toBe(id);
      await link.connected("/guarded");
      expect(await link.call("mirror", ["again"], "/guarded")).toEqual(["again"]);
      link.emit("echo", [Buffer.from([7])]);
      expect(Buffer.from((await link.next("echo"))[0] as Buffer)).toEqual(Buffer.from([7]));
    },
  },
  {
    title: "hears of a server that closes",
    ownServer: {},
    async run({ open, server }) {
      const link = open();
      await link.connected();
      await link.settled();
      await server.down();
      // A client that polls may find its next request refused instead.
      expect(await link.disconnected()).toMatch(/^transport (close|error)$/);
    },
  },
];
