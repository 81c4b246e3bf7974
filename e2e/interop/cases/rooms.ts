// Rooms and broadcasts: who hears what.
import { expect } from "vitest";
import type { Link } from "../support/ports.js";
import { serverSocket } from "../support/server-socket.js";
import type { Case, World } from "../support/suite.js";

interface Member {
  link: Link;
  id: string;
}

let roomNumber = 0;

async function members(world: World, count: number): Promise<Member[]> {
  const links = await Promise.all(Array.from({ length: count }, () => world.open()));
  return Promise.all(links.map(async (link) => ({ link, id: await link.connected() })));
}

/** After a call of the same link has come back, an event that was sent before it would be here. */
async function expectSilence(...links: (Member | undefined)[]): Promise<void> {
  for (const member of links) {
    expect(member).toBeDefined();
    await member?.link.call("mirror", ["flush"]);
    expect(member?.link.waiting("told")).toEqual([]);
  }
}

const freshRoom = (): string => `room ${roomNumber++} ☃`;

export const ROOM_CASES: Case[] = [
  {
    title: "delivers to the members of a room, and to nobody after leaving",
    async run(world) {
      const [a, b, c] = await members(world, 3);
      if (!a || !b || !c) throw new Error("unreachable");
      const room = freshRoom();
      await a.link.call("join", [room]);
      await b.link.call("join", [room]);
      await c.link.emit("say", [{ room }, "told", 1, Buffer.from("two")]);
      expect(await a.link.next("told")).toHaveLength(2);
      expect(await b.link.next("told")).toHaveLength(2);
      await expectSilence(c);
      await b.link.call("leave", [room]);
      await c.link.emit("say", [{ room }, "told", "again"]);
      expect(await a.link.next("told")).toEqual(["again"]);
      await expectSilence(b, c);
    },
  },
  {
    title: "delivers a socket's broadcast to the others of the room only",
    async run(world) {
      const [a, b, c] = await members(world, 3);
      if (!a || !b || !c) throw new Error("unreachable");
      const room = freshRoom();
      await a.link.call("join", [room]);
      await b.link.call("join", [room]);
      await a.link.emit("say", [{ room, skip: true }, "told", "others"]);
      expect(await b.link.next("told")).toEqual(["others"]);
      await expectSilence(a, c);
    },
  },
  {
    title: "delivers to one socket by its id",
    async run(world) {
      const [a, b] = await members(world, 2);
      if (!a || !b) throw new Error("unreachable");
      await a.link.emit("say", [{ room: b.id }, "told", "you"]);
      expect(await b.link.next("told")).toEqual(["you"]);
      await expectSilence(a);
    },
  },
  {
    title: "delivers to everyone in the namespace",
    ownServer: {},
    async run(world) {
      const everyone = await members(world, 3);
      await everyone[0]?.link.emit("say", [{}, "told", "all"]);
      for (const { link } of everyone) expect(await link.next("told")).toEqual(["all"]);
    },
  },
  {
    title: "honours unions and exceptions of rooms, each socket hearing it once",
    needs: ["server api"],
    async run(world) {
      const [a, b, c] = await members(world, 3);
      if (!a || !b || !c) throw new Error("unreachable");
      const [one, two] = [freshRoom(), freshRoom()];
      const io = world.server.js();
      io.in([a.id, b.id]).socketsJoin(one);
      io.in([b.id, c.id]).socketsJoin([two]);
      await Promise.all([a, b, c].map(({ link }) => link.call("mirror")));
      io.to(one).to(two).emit("told", "union");
      for (const { link } of [a, b, c]) expect(await link.next("told")).toEqual(["union"]);
      await expectSilence(a, b, c);
      io.to([one, two]).except(two).emit("told", "except");
      expect(await a.link.next("told")).toEqual(["except"]);
      await expectSilence(b, c);
      io.in(b.id).socketsLeave(one);
      await b.link.call("mirror");
      serverSocket(world.server, a.id).to(one).emit("told", "nobody");
      await expectSilence(a, b, c);
    },
  },
  {
    title: "finds the sockets of a room, with their rooms and data",
    needs: ["server api"],
    async run(world) {
      const [a, b] = await members(world, 2);
      if (!a || !b) throw new Error("unreachable");
      const room = freshRoom();
      await Promise.all([a.link.call("join", [room]), b.link.call("join", [room])]);
      serverSocket(world.server, a.id).data["name"] = "a";
      const found = await world.server.js().in(room).fetchSockets();
      expect(found.map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());
      const first = found.find(({ id }) => id === a.id);
      expect(first?.data).toEqual({ name: "a" });
      expect(first?.rooms).toEqual(new Set([a.id, room]));
      first?.emit("told", "found");
      expect(await a.link.next("told")).toEqual(["found"]);
    },
  },
  {
    title: "disconnects the sockets of a room",
    needs: ["server api"],
    async run(world) {
      const [a, b] = await members(world, 2);
      if (!a || !b) throw new Error("unreachable");
      const room = freshRoom();
      await a.link.call("join", [room]);
      world.server.js().in(room).disconnectSockets();
      await a.link.disconnected();
      expect(await b.link.call("mirror", ["still"])).toEqual(["still"]);
    },
  },
];
