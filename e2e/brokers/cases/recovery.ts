// Connection state recovery over processes: a client that was cut off comes back to another one, and has missed nothing.
import { expect } from "vitest";
import { io as connect, type Socket } from "@everwire/client";
import type { Server } from "@everwire/server";
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

/** Lets a client that was cut off back in, at that process. */
async function letBack(stage: Stage, door: FaultProxy, client: AnyClient, index: number): Promise<void> {
  const back = once(client, "connect", PATIENCE);
  door.aim(Number(new URL(stage.worker(index).url).port));
  door.set({ refuse: false });
  await back;
}

const ROUNDS = 12;

/** For each process, numbers that it emits to everyone without a pause until it is told to stop. */
async function startTalking(stage: Stage): Promise<() => Promise<void>> {
  const each = (task: (io: Server, index: number) => void): Promise<unknown> =>
    Promise.all(stage.fleet.workers.map((worker, index) => worker.run(task, index)));
  await each((io, index) => {
    let count = 0;
    const talk = (): void => {
      io.emit("talk", index, count++);
      timer = setTimeout(talk, 2);
    };
    let timer = setTimeout(talk, 0);
    Object.assign(io, { hush: () => clearTimeout(timer) });
  });
  return async () => {
    await each((io) => (io as unknown as { hush(): void }).hush());
  };
}

/** Whoever returns while everybody talks. */
const returnsInTheMidstOfIt = (name: keyof typeof MAKERS): Case => ({
  title: `${name} that returns while every process sends has each event once, and each process's in order, or is told`,
  isOurs: true,
  timeoutMs: 60_000,
  async run(stage) {
    const { door, client } = await openDoor(stage, MAKERS[name]);
    let heard: [number, number][] = [];
    client.on("talk", (...args) => heard.push([args[0] as number, args[1] as number]));
    client.on("connect", () => {
      if (!client.recovered) heard = [];
    });
    const hush = await startTalking(stage);
    stage.onEnd(hush);
    await stage.until(() => heard.length > 100, "the talk to reach the client");
    let at = 0;
    let recoveries = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      door.set({ refuse: true });
      door.cut();
      const id = client.id ?? "";
      await stage.worker(at).run(async (io, gone) => {
        while (io.sockets.sockets.has(gone)) await new Promise((resolve) => setTimeout(resolve, 1));
      }, id);
      at = round % stage.fleet.workers.length;
      await letBack(stage, door, client, at);
      if (client.recovered) recoveries++;
      const before = heard.length;
      await stage.until(() => heard.length > before + 100, "the talk to go on");
      for (const speaker of stage.fleet.workers.keys()) {
        const numbers = heard.filter(([from]) => from === speaker).map(([, number]) => number);
        const [first = 0] = numbers;
        expect(numbers, `round ${round}, process ${speaker}`).toEqual(numbers.map((_, index) => first + index));
      }
    }
    expect(recoveries).toBeGreaterThan(0);
  },
});

/** What a client may have missed without a trace in the log. */
const isTold = (title: string, miss: (stage: Stage, id: string) => Promise<unknown>): Case => ({
  title: `is honest with a client that ${title}`,
  isOurs: true,
  async run(stage) {
    const { door, client } = await openDoor(stage, MAKERS["our client"]);
    const id = client.id ?? "";
    const first = once(client, "m", PATIENCE);
    await stage.worker(1).run((io) => void io.emit("m", "seen"));
    await first;
    await cut(stage, door, id);
    await miss(stage, id);
    await letBack(stage, door, client, 2);
    expect([client.recovered, client.id === id]).toEqual([false, false]);
  },
});

const HONEST_CASES: Case[] = [
  isTold("missed a broadcast that asks for an answer", async (stage) => {
    await stage.worker(1).run((io) =>
      io
        .timeout(100)
        .emitWithAck("ask")
        .catch(() => undefined),
    );
  }),
  isTold("missed a question to it alone", async (stage, id) => {
    await stage.worker(1).run((io, to) => io.to(to).timeout(5_000).emitWithAck("ask"), id);
  }),
  isTold("missed an event for the clients of its process", async (stage) => {
    await stage.worker(0).run((io) => void io.local.emit("m", "text"));
  }),
  {
    title: "is honest with a client that was cut off before its first event",
    isOurs: true,
    async run(stage) {
      const { door, client } = await openDoor(stage, MAKERS["our client"]);
      const id = client.id ?? "";
      await cut(stage, door, id);
      await stage.worker(1).run((io) => void io.emit("m", "missed"));
      await letBack(stage, door, client, 2);
      expect(client.recovered).toBe(false);
    },
  },
  {
    title: "does not bring back what is volatile, nor takes its text for an offset",
    isOurs: true,
    async run(stage) {
      const { door, client } = await openDoor(stage, MAKERS["our client"]);
      const id = client.id ?? "";
      const heard: unknown[] = [];
      client.on("m", (value) => heard.push(value));
      const seen = once(client, "m", PATIENCE);
      await stage.worker(1).run((io) => void io.emit("m", "seen"));
      const offset = String((await seen)[1]);
      const fleeting = once(client, "fleeting", PATIENCE);
      await stage.worker(1).run((io, text) => void io.volatile.emit("fleeting", text), offset);
      expect(await fleeting).toEqual([offset, ""]);
      const again = once(client, "m", PATIENCE);
      await stage.worker(1).run((io) => void io.emit("m", "seen too"));
      await again;
      await stage.worker(1).run((io) => void io.volatile.emit("m", "seen by who is there", 1));
      await stage.until(() => heard.length === 3, "the volatile event");
      await cut(stage, door, id);
      const witnessed = stage.next(stage.client(1), "m", "last");
      await stage.worker(1).run((io) => {
        io.volatile.emit("m", "missed by agreement");
        io.emit("m", "last");
      });
      await witnessed;
      await letBack(stage, door, client, 2);
      await turns();
      expect(client.recovered).toBe(true);
      expect(heard).toEqual(["seen", "seen too", "seen by who is there", "last"]);
    },
  },
  {
    title: "brings a client back whose process was stopped in an orderly way, to another and to its successor",
    isOurs: true,
    timeoutMs: 60_000,
    async run(stage) {
      const { door, client } = await openDoor(stage, MAKERS["our client"]);
      const id = client.id ?? "";
      const heard: unknown[] = [];
      client.on("m", (value) => heard.push(value));
      await stage.worker(1).run((io) => void io.emit("m", 0));
      await stage.until(() => heard.length === 1, "the first event");
      door.set({ refuse: true });
      const gone = once(client, "disconnect", PATIENCE);
      await stage.worker(0).run(async (io) => {
        await io.close();
      });
      await gone;
      await stage.worker(0).kill();
      await stage.worker(1).run((io) => void io.emit("m", 1));
      await letBack(stage, door, client, 2);
      expect([client.recovered, client.id]).toEqual([true, id]);
      await stage.fleet.start();
      door.set({ refuse: true });
      door.cut();
      await stage.worker(2).run(async (io, own) => {
        while (io.sockets.sockets.has(own)) await new Promise((resolve) => setTimeout(resolve, 5));
        await io.fetchSockets();
      }, id);
      await stage.worker(1).run((io) => void io.emit("m", 2));
      await letBack(stage, door, client, 0);
      expect([client.recovered, client.id]).toEqual([true, id]);
      await stage.until(() => heard.length === 3, "what was missed");
      expect(heard).toEqual([0, 1, 2]);
    },
  },
];

export const RECOVERY_CASES: Case[] = [
  recovers("our client"),
  recovers("the stock client"),
  moves("our client"),
  moves("the stock client"),
  returnsInTheMidstOfIt("our client"),
  returnsInTheMidstOfIt("the stock client"),
  ...HONEST_CASES,
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
