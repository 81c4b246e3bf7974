// Connection state recovery over processes: a client that was cut off comes back to another one, and has missed nothing.
import { expect } from "vitest";
import { io as connect, type Socket } from "@everwire/client";
import { type FaultProxy, once, startFaultProxy, turns } from "@everwire/testkit";
import { io as connectStock } from "socket.io-client";
import { type Case, PATIENCE, type Stage } from "../support/stage.js";

const OPTIONS = { forceNew: true, transports: ["websocket"], reconnectionDelay: 20, reconnectionDelayMax: 50 };

/** What both clients have in common. */
type AnyClient = Pick<Socket, "id" | "connected" | "recovered" | "disconnect" | "auth"> & {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
};

const MAKERS: Record<"our client" | "the stock client", (url: string) => AnyClient> = {
  "our client": (url) => connect(url, OPTIONS),
  "the stock client": (url) => connectStock(url, OPTIONS) as unknown as AnyClient,
};

/** A client on the first process, behind a door that can be shut and then leads elsewhere. */
async function openDoor(
  stage: Stage,
  make: (url: string) => AnyClient,
): Promise<{ door: FaultProxy; client: AnyClient }> {
  const door = await startFaultProxy(Number(new URL(stage.worker(0).url).port));
  stage.onEnd(() => door.close());
  const client = make(door.url);
  stage.onEnd(() => client.disconnect());
  await once(client, "connect", PATIENCE);
  return { door, client };
}

/** Cuts the client off, and waits until the first process knows and has told the broker. */
async function cut(stage: Stage, door: FaultProxy, id: string): Promise<void> {
  door.set({ refuse: true });
  door.cut();
  await stage.worker(0).run(async (io, gone) => {
    while (io.sockets.sockets.has(gone)) await new Promise((resolve) => setTimeout(resolve, 5));
    // Answers come over the same connection as what was written before.
    await io.fetchSockets();
  }, id);
}

const recovers = (name: keyof typeof MAKERS): Case => ({
  title: `${name} comes back to another process with id, rooms, data and what it missed`,
  timeoutMs: 30_000,
  async run(stage) {
    const { door, client } = await openDoor(stage, MAKERS[name]);
    const id = client.id ?? "";
    await stage.worker(0).run((io, own) => {
      const socket = io.sockets.sockets.get(own);
      if (socket === undefined) throw new Error("failed to find the client's socket");
      socket.data = { name: "kept" };
      return socket.join("kept");
    }, id);
    const first = once(client, "m", PATIENCE);
    await stage.worker(1).run((io) => void io.to("kept").emit("m", "seen"));
    expect((await first)[0]).toBe("seen");

    await cut(stage, door, id);
    const missed: unknown[] = [];
    client.on("m", (value) => missed.push(value instanceof Uint8Array ? [...value] : value));
    const witnessed = stage.next(stage.client(1), "m", "last");
    await stage.worker(1).run((io, own) => {
      io.to("kept").emit("m", "missed in a room");
      io.to("another").emit("m", "not for it");
      io.except("kept").emit("m", "not for it either");
      io.to(own).emit("m", Buffer.from([4, 2]));
      io.emit("m", "last");
    }, id);
    await witnessed;

    const back = once(client, "connect", PATIENCE);
    door.aim(Number(new URL(stage.worker(2).url).port));
    door.set({ refuse: false });
    await back;
    await turns();
    expect([client.id, client.recovered]).toEqual([id, true]);
    expect(missed).toEqual(["missed in a room", [4, 2], "last"]);
    const found = await stage.worker(2).run((io, own) => {
      const socket = io.sockets.sockets.get(own);
      return { recovered: socket?.recovered, rooms: [...(socket?.rooms ?? [])].sort(), data: socket?.data as unknown };
    }, id);
    expect(found).toEqual({ recovered: true, rooms: [id, "kept"].sort(), data: { name: "kept" } });
    const live = once(client, "m", PATIENCE);
    await stage.worker(1).run((io) => void io.to("kept").emit("m", "live"));
    expect((await live)[0]).toBe("live");
  },
});

const moves = (name: keyof typeof MAKERS): Case => ({
  title: `${name} that is told to move by drain() is the same one on another process, and missed nothing`,
  isOurs: true,
  timeoutMs: 30_000,
  async run(stage) {
    const { door, client } = await openDoor(stage, MAKERS[name]);
    const id = client.id ?? "";
    await stage.join("kept", [client as Socket]);
    const heard: unknown[] = [];
    client.on("m", (value) => heard.push(value));
    const reasons: unknown[] = [];
    client.on("disconnect", (reason) => reasons.push(reason));
    // The first process goes on serving the cases that come after this one.
    stage.onEnd(() => stage.worker(0).run((io) => void io.engine.init()));
    const before = once(client, "m", PATIENCE);
    await stage.worker(1).run((io) => void io.to("kept").emit("m", "before"));
    await before;

    // As a load balancer that sends nobody to a server which is drained, and has nowhere to send them for a moment.
    door.set({ refuse: true });
    const { cut: cutOff } = await stage.worker(0).run(async (io) => {
      const result = await io.drain({ batch: 10, intervalMs: 1, deadlineMs: 20_000 });
      // Answers come over the same connection as what was written before.
      await io.fetchSockets();
      return result;
    });
    expect(cutOff).toBe(0);
    const witnessed = stage.next(stage.client(1), "last", "all");
    await stage.worker(1).run((io) => {
      io.to("kept").emit("m", "meanwhile");
      io.emit("last", "all");
    });
    await witnessed;
    const back = once(client, "connect", PATIENCE);
    door.aim(Number(new URL(stage.worker(2).url).port));
    door.set({ refuse: false });
    await back;
    await turns();
    expect([client.id, client.recovered, heard]).toEqual([id, true, ["before", "meanwhile"]]);
    expect(reasons).toEqual(["transport close"]);
    const after = once(client, "m", PATIENCE);
    await stage.worker(1).run((io) => void io.to("kept").emit("m", "after"));
    expect((await after)[0]).toBe("after");
  },
});

const MANY = 2_000;

/** For a stream that keeps few messages. */
export const FORGETFUL_CASE: Case = {
  title: "is honest when the broker has forgotten what the client saw last",
  async run(stage) {
    const { door, client } = await openDoor(stage, MAKERS["our client"]);
    const id = client.id ?? "";
    const first = once(client, "m", PATIENCE);
    await stage.worker(1).run((io) => void io.emit("m", "seen"));
    await first;
    await cut(stage, door, id);
    const witnessed = stage.next(stage.client(1), "m", MANY - 1);
    await stage.worker(1).run((io, count) => {
      for (let i = 0; i < count; i++) io.emit("m", i);
    }, MANY);
    await witnessed;
    const back = once(client, "connect", PATIENCE);
    door.aim(Number(new URL(stage.worker(2).url).port));
    door.set({ refuse: false });
    await back;
    expect(client.recovered).toBe(false);
    expect(client.id).not.toBe(id);
  },
};

export const RECOVERY_CASES: Case[] = [
  recovers("our client"),
  recovers("the stock client"),
  moves("our client"),
  moves("the stock client"),
  {
    title: "gives a new session to who comes with one that nobody knows, or with an offset that is none",
    isOurs: true,
    async run(stage) {
      const { door, client } = await openDoor(stage, MAKERS["our client"]);
      const id = client.id ?? "";
      const pid = await stage.worker(0).run((io, own) => io.sockets.sockets.get(own)?.pid, id);
      await cut(stage, door, id);
      const foreign = [
        { pid: "unknown", offset: "1-1" },
        { pid: "*", offset: "1-1" },
        { pid: pid ?? "", offset: "no offset" },
      ];
      for (const auth of foreign) {
        const guest = stage.prepare(stage.worker(2).url, { transports: ["websocket"], auth });
        await once(guest, "connect", PATIENCE);
        expect(guest.recovered).toBe(false);
        expect(guest.id).not.toBe(id);
        const asked = await stage
          .worker(2)
          .run((io, own) => io.sockets.sockets.get(own)?.handshake.auth, guest.id ?? "");
        expect(asked).toEqual(auth);
      }
    },
  },
];
