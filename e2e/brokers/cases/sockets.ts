// Sockets of other processes: finding them, moving them between rooms, talking to one, and sending them away.
import { expect } from "vitest";
import type { Server } from "@everwire/server";
import { once } from "@everwire/testkit";
import { type Case, PATIENCE } from "../support/stage.js";

/** Runs in a server process. */
const describeSockets = async (
  io: Server,
  rooms: string[],
): Promise<{ id: string; data: unknown; rooms: string[]; url: string; auth: unknown }[]> => {
  const sockets = await io.in(rooms).fetchSockets();
  return sockets.map(({ id, data, rooms: own, handshake }) => {
    return { id, data, rooms: [...own], url: handshake.url, auth: handshake.auth };
  });
};

/** Runs in a server process: until so many are in the room. What one process asks for has to arrive at the others first. */
const untilInRoom = async (io: Server, room: string, count: number): Promise<void> => {
  while ((await io.in(room).fetchSockets()).length !== count) await new Promise((resolve) => setTimeout(resolve, 10));
};

export const SOCKET_CASES: Case[] = [
  {
    title: "describes the sockets of all processes: id, data, rooms, handshake",
    async run(stage) {
      await stage.join("described", [stage.client(1)]);
      const found = await stage.worker(2).run(describeSockets, []);
      expect(found.map(({ id }) => id).sort()).toEqual([...stage.ids].sort());
      stage.ids.forEach((id, index) => {
        const socket = found.find((each) => each.id === id);
        expect(socket).toMatchObject({ data: { pid: stage.worker(index).pid }, auth: {} });
        expect(socket?.url).toMatch(/^\/socket\.io\//);
      });
      const [one, ...others] = await stage.worker(2).run(describeSockets, ["described"]);
      expect([one?.id, one?.rooms.sort(), others]).toEqual([stage.ids[1], [stage.ids[1], "described"].sort(), []]);
      const local = await stage.worker(0).run(async (io) => (await io.local.fetchSockets()).map(({ id }) => id));
      expect(local).toEqual([stage.ids[0]]);
    },
  },
  {
    title: "has sockets elsewhere join and leave rooms",
    async run(stage) {
      const [, two, three] = stage.ids;
      await stage.worker(0).run((io, ids) => io.in(ids).socketsJoin(["x", "y"]), [two ?? "", three ?? ""]);
      await stage.worker(1).run(untilInRoom, "x", 2);
      await stage.worker(1).run((io, id) => io.in(id).socketsLeave("x"), three ?? "");
      await stage.worker(0).run(untilInRoom, "x", 1);
      await stage.worker(2).run((io) => io.socketsLeave(["x", "y"]));
      await stage.worker(0).run(untilInRoom, "x", 0);
      await stage.worker(0).run(untilInRoom, "y", 0);
    },
  },
  {
    title: "talks to one socket elsewhere: emit, acknowledgement, join, leave, disconnect",
    async run(stage) {
      const { id } = stage.client(2);
      stage.client(2).on("ask", (value: number, answer: (value: unknown) => void) => answer([value, "answered"]));
      const heard = once(stage.client(2), "m", PATIENCE);
      const answer = await stage.worker(0).run(async (io, wanted) => {
        const socket = (await io.fetchSockets()).find((each) => each.id === wanted);
        socket?.emit("m", Buffer.from([3]));
        socket?.join("remote");
        return (await socket?.timeout(10_000).emitWithAck("ask", 1)) as unknown;
      }, id);
      expect(answer).toEqual([1, "answered"]);
      expect([...((await heard)[0] as Uint8Array)]).toEqual([3]);
      await stage.worker(1).run(untilInRoom, "remote", 1);
      await stage.worker(1).run(async (io) => (await io.in("remote").fetchSockets())[0]?.leave("remote"));
      await stage.worker(0).run(untilInRoom, "remote", 0);
      const gone = once(stage.client(2), "disconnect", PATIENCE);
      await stage.worker(1).run(async (io, wanted) => {
        for (const socket of await io.fetchSockets()) if (socket.id === wanted) socket.disconnect();
      }, id);
      expect((await gone)[0]).toBe("io server disconnect");
    },
  },
  {
    title: "tells that a socket elsewhere did not answer in time",
    async run(stage) {
      const error = await stage.worker(0).run(async (io, id) => {
        const socket = (await io.fetchSockets()).find((each) => each.id === id);
        return socket
          ?.timeout(200)
          .emitWithAck("never answered")
          .catch((reason: unknown) => (reason as Error).message);
      }, stage.client(1).id);
      expect(error).toBe("operation has timed out");
    },
  },
  {
    title: "disconnects sockets elsewhere, and their connections too when asked to",
    async run(stage) {
      const [one, two, three] = stage.ids;
      const gone = once(stage.client(2), "disconnect", PATIENCE);
      await stage.worker(0).run((io, id) => io.in(id).disconnectSockets(), three ?? "");
      expect((await gone)[0]).toBe("io server disconnect");
      const closed = once(stage.client(1).io, "close", PATIENCE);
      await stage.worker(0).run((io, id) => io.in(id).disconnectSockets(true), two ?? "");
      await closed;
      stage.client(1).disconnect();
      expect((await stage.worker(0).run(describeSockets, [])).map(({ id }) => id)).toEqual([one]);
    },
  },
  {
    title: "disconnects sockets elsewhere behind what was sent to them",
    needsOrder: true,
    async run(stage) {
      const three = stage.client(2).id;
      const events = stage.listen(stage.client(2));
      const gone = once(stage.client(2), "disconnect", PATIENCE);
      await stage.worker(0).run((io, id) => {
        io.to(id).emit("bye");
        io.in(id).disconnectSockets();
      }, three ?? "");
      expect((await gone)[0]).toBe("io server disconnect");
      expect(events).toEqual([["bye"]]);
    },
  },
];
