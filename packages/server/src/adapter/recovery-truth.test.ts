// The promise of recovery against a model that knows everything: random events, rooms, breaks and returns. Whatever happens, a session
// that is given back brings exactly what its client lacks, each once and in order.
import { PacketType } from "@everwire/protocol";
import { FakeNamespace, type FakeSocket, textOf } from "@everwire/testkit/contracts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SessionAwareAdapter } from "./session-aware.js";

const ROOMS = ["a", "b"];

/** A client behind a slow network: what was written to its socket arrives when the test says so, or never. */
class Client {
  /** Numbers of all events that it should have by now, if none is missing. */
  expected: number[] = [];
  received: number[] = [];
  offset: string | undefined;
  socket: FakeSocket;
  rooms = new Set<string>();
  isAway = false;
  #read = 0;
  readonly #unanswered: number[] = [];
  readonly #adapter: SessionAwareAdapter;

  constructor(socket: FakeSocket, adapter: SessionAwareAdapter) {
    this.socket = socket;
    this.#adapter = adapter;
  }

  /** As clients of both kinds do it: a text at the end of an event without an id is its offset. */
  receive(count: number): void {
    const end = Math.min(this.#read + count, this.socket.written.length);
    for (; this.#read < end; this.#read++) {
      const text = textOf(this.socket.written[this.#read]);
      const id = /^2(\d+)\[/.exec(text)?.[1];
      const data = JSON.parse(text.slice(text.indexOf("["))) as unknown[];
      if (data[0] === "kept") this.received.push(data[1] as number);
      if (id !== undefined) this.#unanswered.push(Number(id));
      else if (typeof data.at(-1) === "string") this.offset = data.at(-1) as string;
    }
  }

  answer(): void {
    const id = this.#unanswered.shift();
    if (id === undefined) return;
    this.socket.acks.delete(id);
    this.#adapter.noteReceived(this.socket.id, id);
  }

  comeBack(socket: FakeSocket): void {
    this.socket = socket;
    this.#read = 0;
    this.#unanswered.splice(0);
    this.isAway = false;
  }
}

const room = fc.constantFrom(...ROOMS);
const who = fc.nat({ max: 2 });
const target = {
  rooms: fc.uniqueArray(fc.constantFrom(...ROOMS, "s0")),
  except: fc.uniqueArray(room, { maxLength: 1 }),
};
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("emit" as const), text: fc.boolean(), ...target }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("volatile" as const), text: fc.boolean(), ...target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("ask" as const), ...target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("ask one" as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("receive" as const), who, count: fc.nat({ max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("answer" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("join" as const), who, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), who, room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("break" as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("return" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(60_000, 100_000, 3_600_000) }),
  },
);

class Swept extends SessionAwareAdapter {
  run(): void {
    this.sweep();
  }
}

const adapters: SessionAwareAdapter[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  for (const adapter of adapters.splice(0)) void adapter.close();
});

describe("a session that is given back", () => {
  it.each([
    { title: "with room for everything", limits: {} },
    { title: "with room for few packets", limits: { maxStoredPackets: 8 } },
    { title: "with room for few bytes", limits: { maxStoredBytes: 2_000 } },
    { title: "with room for one session", limits: { maxStoredSessions: 1 } },
  ])("brings exactly what is missing, $title", async ({ limits }) => {
    let recoveries = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
        const nsp = new FakeNamespace("/", limits);
        const adapter = new Swept(nsp);
        nsp.adapter = adapter;
        adapters.push(adapter);
        let number = 0;
        let count = 0;
        const open = async (): Promise<Client> => {
          const id = `s${String(count++)}`;
          return new Client(await nsp.connect(id), adapter);
        };
        const clients = [await open(), await open(), await open()];
        const note = (rooms: string[], except: string[]): number => {
          number++;
          for (const client of clients) {
            const own = new Set([...client.rooms, client.socket.id]);
            if (except.some((name) => own.has(name))) continue;
            if (rooms.length === 0 || rooms.some((name) => own.has(name))) client.expected.push(number);
          }
          return number;
        };
        for (const each of steps) {
          const client = "who" in each ? clients[each.who] : undefined;
          const options = "rooms" in each ? { rooms: new Set(each.rooms), except: new Set(each.except) } : undefined;
          if (options !== undefined && "rooms" in each) {
            const data: unknown[] = ["fleeting", 0];
            if (each.do !== "volatile") data.splice(0, 2, "kept", note(each.rooms, each.except));
            if ("text" in each && each.text) data.push("a text of a user");
            const packet = { type: PacketType.EVENT, nsp: "/", data };
            const none = (): void => undefined;
            if (each.do === "ask") adapter.broadcastWithAck(packet, options, none, none);
            else adapter.broadcast(packet, { ...options, flags: { volatile: each.do === "volatile" } });
          }
          if (each.do === "wait") {
            vi.advanceTimersByTime(each.ms);
            adapter.run();
          }
          if (client === undefined) continue;
          if (each.do === "return" && client.isAway) {
            const id = client.socket.id;
            const session = adapter.findSession(`pid-${id}`, client.offset);
            if (session === null) {
              // The stock client keeps the offset of its former session.
              const { offset } = client;
              clients[each.who] = Object.assign(await open(), { offset });
              continue;
            }
            recoveries++;
            const missed = session.missedPackets.map(([, value]) => value);
            expect([...client.received, ...missed]).toEqual(client.expected);
            expect(new Set(session.rooms)).toEqual(new Set([id, ...client.rooms]));
            client.comeBack(await nsp.connect(id, ...client.rooms));
            for (const encoded of session.missedEncoded ?? []) client.socket.client.writeToEngine(encoded, {});
          }
          if (client.isAway) continue;
          if (each.do === "receive") client.receive(each.count);
          else if (each.do === "answer") client.answer();
          else if (each.do === "ask one") {
            const id = nsp._ids++;
            number++;
            client.expected.push(number);
            const encoded = nsp.server.encoder.encode({ type: PacketType.EVENT, nsp: "/", id, data: ["kept", number] });
            client.socket.client.writeToEngine(encoded, {});
            adapter.noteUnstored(client.socket.id, id);
          } else if (each.do === "join") {
            client.rooms.add(each.room);
            await client.socket.join(each.room);
          } else if (each.do === "leave") {
            client.rooms.delete(each.room);
            await client.socket.leave(each.room);
          } else if (each.do === "break") {
            const { socket } = client;
            adapter.persistSession({ sid: socket.id, pid: `pid-${socket.id}`, rooms: [...socket.rooms], data: {} });
            nsp.sockets.delete(socket.id);
            adapter.delAll(socket.id);
            client.isAway = true;
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(recoveries).toBeGreaterThan(50);
  });
});
