// The published emitters: a program that is no server speaks to the clients of all servers, over the broker.
import { expect } from "vitest";
import { once } from "@everwire/testkit";
import { type Case, PATIENCE, type Stage } from "../support/stage.js";

/** What the published emitters have in common. */
export interface AnyEmitter {
  emit(event: string, ...args: unknown[]): unknown;
  to(room: string | string[]): AnyEmitter;
  in(room: string | string[]): AnyEmitter;
  except(room: string | string[]): AnyEmitter;
  of(namespace: string): AnyEmitter;
  socketsJoin(room: string | string[]): unknown;
  socketsLeave(room: string | string[]): unknown;
  disconnectSockets(close?: boolean): unknown;
  serverSideEmit(event: string, ...args: unknown[]): unknown;
}

function emitterOf(stage: Stage): AnyEmitter {
  if (stage.emitter === undefined) throw new Error("failed to find an emitter: this setup has none");
  return stage.emitter;
}

export const EMITTER_CASES: Case[] = [
  {
    title: "an emitter reaches everyone, rooms without exceptions, and other namespaces, with binary data",
    async run(stage) {
      const emitter = emitterOf(stage);
      await stage.join("a", [stage.client(0), stage.client(1)]);
      await stage.join("b", [stage.client(1)]);
      for (const worker of stage.fleet.workers) await worker.run((io) => void io.of("/emitted"));
      await stage.fleet.untilCounted(3, "/emitted");
      const other = await stage.connect(2, "/emitted");
      const events = [...stage.clients, other].map((client) => stage.listen(client));
      const binary = Promise.all(stage.clients.map((client) => stage.next(client, "m", "everyone")));
      emitter.emit("m", "everyone", Buffer.from([9]));
      for (const [, data] of await binary) expect([...(data as Uint8Array)]).toEqual([9]);
      emitter.to("a").emit("m", "room");
      emitter.in(["a", "b"]).emit("m", "rooms");
      emitter.to("a").except("b").emit("m", "room without");
      emitter.of("/emitted").emit("m", "elsewhere");
      const names = (list: unknown[][] | undefined): unknown[] => (list ?? []).map(([, name]) => name).sort();
      const expected = [
        ["everyone", "room", "room without", "rooms"],
        ["everyone", "room", "rooms"],
        ["everyone"],
        ["elsewhere"],
      ];
      await stage.until(
        () => events.every((list, index) => list.length >= (expected[index]?.length ?? 0)),
        "all events",
      );
      await stage.settle();
      expect(events.map(names)).toEqual(expected);
    },
  },
  {
    title: "an emitter has sockets join, leave and disconnect, and speaks to the servers",
    async run(stage) {
      const emitter = emitterOf(stage);
      const [one, two] = stage.ids;
      const inRoom = async (count: number): Promise<void> => {
        while ((await stage.worker(0).run(async (io) => (await io.in("e").fetchSockets()).length)) !== count);
      };
      emitter.in([one ?? "", two ?? ""]).socketsJoin(["e"]);
      await inRoom(2);
      emitter.in(one ?? "").socketsLeave("e");
      await inRoom(1);
      for (const worker of stage.fleet.workers) {
        await worker.run((io) => {
          io.removeAllListeners("hello");
          io.on("hello", (...args: unknown[]) => io.local.emit("heard", ...args));
        });
      }
      const heard = Promise.all(stage.clients.map((client) => once(client, "heard", PATIENCE)));
      emitter.serverSideEmit("hello", "servers");
      expect((await heard).map(([word]) => word)).toEqual(["servers", "servers", "servers"]);
      const gone = once(stage.client(1), "disconnect", PATIENCE);
      emitter.in("e").disconnectSockets();
      expect((await gone)[0]).toBe("io server disconnect");
      expect(() => emitter.serverSideEmit("hello", () => undefined)).toThrow();
      expect(() => emitter.emit("connect")).toThrow("reserved");
    },
  },
];
