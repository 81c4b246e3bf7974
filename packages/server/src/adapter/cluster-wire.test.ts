// What servers say on the bus, to the letter, and what they make of what others say: the same as published adapters.
import { PacketType } from "@everwire/protocol";
import { FakeNamespace, type FakeSocket } from "@everwire/testkit/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ClusterAdapter } from "./cluster-adapter.js";
import { type ClusterMessage, type ClusterResponse, MessageType, type Offset } from "./cluster-message.js";

class Recorder extends ClusterAdapter {
  readonly sent: ClusterMessage[] = [];
  readonly answered: [string, ClusterResponse][] = [];
  count: number | Promise<number> | (() => never) = 1;
  offset: Offset | undefined;

  override serverCount(): Promise<number> {
    if (typeof this.count === "function") return this.count();
    return Promise.resolve(this.count);
  }

  protected doPublish(message: ClusterMessage): Promise<Offset | undefined> {
    this.sent.push(message);
    return Promise.resolve(this.offset);
  }

  protected doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
    this.answered.push([uid, response]);
    return Promise.resolve();
  }
}

afterEach(() => void vi.useRealTimers());

interface Bench {
  nsp: FakeNamespace;
  adapter: Recorder;
  sockets: FakeSocket[];
  errors: unknown[];
}

async function create(recovery?: object): Promise<Bench> {
  const errors: unknown[] = [];
  const nsp = Object.assign(new FakeNamespace("/chat", recovery), {
    guard: (_kind: string, run: () => unknown): void => {
      try {
        run();
      } catch (error) {
        errors.push(error);
      }
    },
  });
  const adapter = new Recorder(nsp);
  nsp.adapter = adapter;
  await adapter.init();
  const sockets = [await nsp.connect("s1", "r"), await nsp.connect("s2")];
  return { nsp, adapter, sockets, errors };
}

const event = (...data: unknown[]): { type: typeof PacketType.EVENT; nsp: string; data: unknown[] } => ({
  type: PacketType.EVENT,
  nsp: "/chat",
  data,
});
const everyone = { rooms: [], except: [], flags: {} };
const from = <T extends object>(message: T): T & { uid: string; nsp: string } => ({
  uid: "other",
  nsp: "/chat",
  ...message,
});

describe("MessageType", () => {
  it("numbers the messages from 1 to 13", () => {
    expect(MessageType).toEqual({
      INITIAL_HEARTBEAT: 1,
      HEARTBEAT: 2,
      BROADCAST: 3,
      SOCKETS_JOIN: 4,
      SOCKETS_LEAVE: 5,
      DISCONNECT_SOCKETS: 6,
      FETCH_SOCKETS: 7,
      FETCH_SOCKETS_RESPONSE: 8,
      SERVER_SIDE_EMIT: 9,
      SERVER_SIDE_EMIT_RESPONSE: 10,
      BROADCAST_CLIENT_COUNT: 11,
      BROADCAST_ACK: 12,
      ADAPTER_CLOSE: 13,
    });
  });
});

describe("a message to other servers", () => {
  it("of a broadcast has options as lists, the bare packet, and a request id only when answers are wanted", async () => {
    const { adapter } = await create();
    const options = { rooms: new Set(["r"]), except: new Set(["x"]), flags: { compress: false } };
    adapter.broadcast(event("m", 1), options);
    adapter.broadcast(event("m"), { rooms: new Set() });
    const nothing = (): void => undefined;
    adapter.broadcastWithAck(event("ask"), { rooms: new Set(), except: new Set(), flags: {} }, nothing, nothing);
    const { uid } = adapter;
    expect(uid).toMatch(/^[0-9a-f]{16}$/);
    const opts = { rooms: ["r"], except: ["x"], flags: { compress: false } };
    expect(adapter.sent).toStrictEqual([
      { uid, nsp: "/chat", type: 3, data: { opts, packet: { type: 2, data: ["m", 1] } } },
      { uid, nsp: "/chat", type: 3, data: { opts: everyone, packet: { type: 2, data: ["m"] } } },
      {
        uid,
        nsp: "/chat",
        type: 3,
        data: {
          opts: everyone,
          packet: { type: 2, data: ["ask"] },
          requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
      },
    ]);
    await adapter.close();
  });

  it("of calls over sockets and of events names what they are about", async () => {
    const { adapter } = await create();
    const options = { rooms: new Set(["r"]), except: new Set<string>(), flags: {} };
    const opts = { rooms: ["r"], except: [], flags: {} };
    adapter.addSockets(options, ["a"]);
    adapter.delSockets(options, ["a", "b"]);
    adapter.disconnectSockets(options, true);
    void adapter.fetchSockets(options);
    adapter.serverSideEmit(["hello", 1]);
    adapter.serverSideEmit(["hello", 1, () => undefined]);
    const requestId = expect.any(String) as string;
    expect(adapter.sent.map(({ type, data }) => ({ type, data }))).toStrictEqual([
      { type: 4, data: { opts, rooms: ["a"] } },
      { type: 5, data: { opts, rooms: ["a", "b"] } },
      { type: 6, data: { opts, close: true } },
      { type: 7, data: { opts, requestId } },
      { type: 9, data: { packet: ["hello", 1] } },
      { type: 9, data: { packet: ["hello", 1], requestId } },
    ]);
  });

  it("keeps what was published, whatever happens to the packet here", async () => {
    const { adapter } = await create({});
    adapter.offset = "o1";
    const packet = event("m");
    adapter.broadcast(packet, { rooms: new Set() });
    await Promise.resolve();
    await Promise.resolve();
    adapter.broadcastWithAck(
      packet,
      { rooms: new Set() },
      () => undefined,
      () => undefined,
    );
    for (const { data } of adapter.sent) expect(data).toMatchObject({ packet: { type: 2, data: ["m"] } });
    expect(adapter.sent[1]?.data).not.toHaveProperty("packet.id");
    await adapter.close();
  });
});

describe("a message of another server", () => {
  it("is ignored when it is one's own or of another namespace", async () => {
    const { adapter, sockets } = await create();
    const data = { opts: everyone, packet: { type: PacketType.EVENT, data: ["m"] } };
    adapter.onMessage({ uid: adapter.uid, nsp: "/chat", type: 3, data });
    adapter.onMessage({ uid: "other", nsp: "/", type: 3, data });
    expect(sockets[0]?.events).toEqual([]);
    adapter.onMessage({ uid: "emitter", nsp: "/chat", type: 3, data });
    expect(sockets[0]?.events).toEqual([["m"]]);
  });

  it("is not written into: a bus may hand the same object to several", async () => {
    const { adapter, sockets } = await create({});
    const message = from({ type: 3, data: { opts: everyone, packet: { type: 2, data: ["m"] } } } as const);
    const frozen = Object.freeze({ ...message, data: Object.freeze({ ...message.data }) });
    Object.freeze(frozen.data.packet);
    Object.freeze(frozen.data.packet.data);
    adapter.onMessage(frozen, "o1");
    adapter.onMessage({ ...frozen, data: { ...frozen.data, requestId: "1" } }, "o2");
    expect(sockets[0]?.events).toEqual([["m", "o1"], ["m"]]);
    await adapter.close();
  });

  it("gets a count and the first argument of each answer, and nobody waits any longer when all came", async () => {
    const { adapter, sockets } = await create();
    const data = { opts: everyone, packet: { type: PacketType.EVENT, data: ["ask"] }, requestId: "1" };
    adapter.onMessage(from({ type: 3, data }));
    for (const { acks } of sockets) for (const ack of [...acks.values()]) ack("yes", "no");
    const { uid } = adapter;
    const answer = ["other", { uid, nsp: "/chat", type: 12, data: { requestId: "1", packet: "yes" } }];
    expect(adapter.answered).toStrictEqual([
      ["other", { uid, nsp: "/chat", type: 11, data: { requestId: "1", clientCount: 2 } }],
      answer,
      answer,
    ]);
  });

  it("stops waiting for clients when the caller's time is over", async () => {
    vi.useFakeTimers();
    const { adapter, sockets } = await create();
    const opts = { ...everyone, flags: { timeout: 300 } };
    const packet = { type: PacketType.EVENT, data: ["ask"] };
    adapter.onMessage(from({ type: 3, data: { opts, packet, requestId: "1" } }));
    vi.advanceTimersByTime(299);
    expect(sockets[0]?.acks.size).toBe(1);
    vi.advanceTimersByTime(1);
    expect(sockets[0]?.acks.size).toBe(0);
  });

  it("gets descriptions of sockets, and one answer to an event", async () => {
    const { adapter, nsp, sockets } = await create();
    Object.assign(sockets[0] ?? {}, { handshake: { query: {}, sessionStore: {} }, data: null });
    const opts = { ...everyone, rooms: ["r"] };
    adapter.onMessage(from({ type: 7, data: { opts, requestId: "1" } }));
    adapter.onMessage(from({ type: 9, data: { packet: ["hello", 1], requestId: "2" } }));
    adapter.onMessage(from({ type: 9, data: { packet: ["hello", 2] } }));
    await Promise.resolve();
    const ack = nsp.serverSideEvents[0]?.pop() as (answer: unknown) => void;
    ack("a");
    ack("b");
    expect(nsp.serverSideEvents).toEqual([
      ["hello", 1],
      ["hello", 2],
    ]);
    await Promise.resolve();
    expect(adapter.answered.map(([, { type, data }]) => ({ type, data }))).toStrictEqual([
      {
        type: 8,
        data: { requestId: "1", sockets: [{ id: "s1", handshake: { query: {} }, rooms: ["s1", "r"], data: null }] },
      },
      { type: 10, data: { requestId: "2", packet: "a" } },
    ]);
  });

  it.each([
    null,
    { type: 3 },
    { type: 3, data: {} },
    { type: 3, data: { opts: { rooms: "r", except: [] }, packet: { type: 2, data: ["m"] } } },
    { type: 4, data: { opts: null, rooms: ["r"] } },
    { type: 9, data: { packet: "hello" } },
    { type: 8 },
    { type: 8, data: { requestId: "1" } },
  ])("that makes no sense is reported and does no harm: %j", async (message) => {
    const { adapter, sockets, errors } = await create();
    adapter.onMessage((message === null ? null : from(message)) as ClusterMessage);
    expect(errors).toMatchObject([{ code: "ERR_CLUSTER_MESSAGE" }]);
    expect(sockets[0]?.events).toEqual([]);
  });

  it("of a kind that is not known is ignored", async () => {
    const { adapter, errors } = await create();
    adapter.onMessage(from({ type: 14, data: {} }) as unknown as ClusterMessage);
    adapter.onMessage(from({ type: MessageType.HEARTBEAT }));
    expect(errors).toEqual([]);
  });

  it("is warned about where a namespace has no error hook", async () => {
    const nsp = new FakeNamespace("/chat");
    const adapter = new Recorder(nsp);
    nsp.adapter = adapter;
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    adapter.onMessage(from({ type: 3 }) as unknown as ClusterMessage);
    adapter.serverSideEmit([
      "hello",
      () => {
        throw new Error("of the caller");
      },
    ]);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2));
    warn.mockRestore();
  });
});

describe("an answer of another server", () => {
  it("may come by either way, and counts once", async () => {
    const { adapter } = await create();
    adapter.count = 3;
    const found = adapter.fetchSockets({ rooms: new Set(["nobody"]) });
    const requestId = (adapter.sent[0]?.data as { requestId: string }).requestId;
    const answer = (uid: string): ClusterResponse => ({
      uid,
      nsp: "/chat",
      type: 8,
      data: { requestId, sockets: [{ id: uid, handshake: {}, rooms: [], data: {} }] },
    });
    adapter.onResponse(answer("b"));
    adapter.onResponse(answer("b"));
    adapter.onMessage(answer("c"));
    adapter.onResponse(answer("d"));
    expect((await found).map((socket) => (socket as { id: string }).id)).toEqual(["b", "c"]);
    adapter.onResponse(from({ type: MessageType.FETCH_SOCKETS_RESPONSE, data: { requestId: "unknown", sockets: [] } }));
  });

  it("is waited for 5 seconds, or as long as the flag says", async () => {
    vi.useFakeTimers();
    const { adapter } = await create();
    adapter.count = 3;
    const settled: string[] = [];
    const watch = (name: string, promise: Promise<unknown>): void => {
      promise.catch((error: unknown) => settled.push(`${name}: ${(error as Error).message}`));
    };
    watch("default", adapter.fetchSockets({ rooms: new Set() }));
    watch("flag", adapter.fetchSockets({ rooms: new Set(), flags: { timeout: 100 } }));
    adapter.serverSideEmit(["ask", (error: Error, answers: unknown[]) => settled.push(error.message, String(answers))]);
    const requestId = (adapter.sent[2]?.data as { requestId: string }).requestId;
    await vi.advanceTimersByTimeAsync(0);
    adapter.onResponse(from({ type: 10, data: { requestId, packet: "one" } }));
    await vi.advanceTimersByTimeAsync(100);
    expect(settled).toEqual(["flag: timeout reached: only 0 responses received out of 2"]);
    await vi.advanceTimersByTimeAsync(4_899);
    expect(settled).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled.slice(1).sort()).toEqual([
      "default: timeout reached: only 0 responses received out of 2",
      "one",
      "timeout reached: only 1 responses received out of 2",
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not waited for when the number of servers can't be told", async () => {
    vi.useFakeTimers();
    const { adapter } = await create();
    adapter.count = Promise.reject(new Error("broker is away"));
    await expect(adapter.fetchSockets({ rooms: new Set() })).rejects.toThrow("broker is away");
    adapter.count = () => {
      throw new Error("no broker");
    };
    await expect(adapter.fetchSockets({ rooms: new Set() })).rejects.toThrow("no broker");
    adapter.count = new Promise(() => undefined);
    const refused = expect(adapter.fetchSockets({ rooms: new Set() })).rejects.toThrow("a number that is not known");
    await vi.advanceTimersByTimeAsync(5_000);
    await refused;
  });

  it("is not waited for when there is no other server", async () => {
    const { adapter } = await create();
    expect(await adapter.fetchSockets({ rooms: new Set() })).toHaveLength(2);
    const answers = await new Promise((resolve) => {
      adapter.serverSideEmit(["ask", (error: unknown, responses: unknown) => resolve([error, responses])]);
    });
    expect(answers).toEqual([null, []]);
  });
});
