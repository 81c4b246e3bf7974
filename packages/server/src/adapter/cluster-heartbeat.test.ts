import { PacketType } from "@everwire/protocol";
import { FakeNamespace } from "@everwire/testkit/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClusterAdapterWithHeartbeat, type ClusterHeartbeatOptions } from "./cluster-heartbeat.js";
import { type ClusterMessage, type ClusterResponse, MessageType, type Offset } from "./cluster-message.js";

class Recorder extends ClusterAdapterWithHeartbeat {
  readonly sent: ClusterMessage[] = [];
  publishing: () => Promise<Offset | undefined> = () => Promise.resolve(undefined);

  constructor(nsp: FakeNamespace, options?: ClusterHeartbeatOptions) {
    super(nsp, options);
    nsp.adapter = this;
  }

  /** Kinds of what was sent since the last look. */
  take(): number[] {
    return this.sent.splice(0).map(({ type }) => type);
  }

  hear(uid: string, type: ClusterMessage["type"] = MessageType.HEARTBEAT): void {
    this.onMessage({ uid, nsp: "/", type } as ClusterMessage);
  }

  protected doPublish(message: ClusterMessage): Promise<Offset | undefined> {
    this.sent.push(message);
    return this.publishing();
  }

  protected doPublishResponse(): Promise<void> {
    return Promise.resolve();
  }
}

const INITIAL_HEARTBEAT = 1;
const HEARTBEAT = 2;
const everyone = (): { rooms: Set<string> } => ({ rooms: new Set() });
const packet = (): { type: typeof PacketType.EVENT; nsp: string; data: unknown[] } => ({
  type: PacketType.EVENT,
  nsp: "/",
  data: ["m"],
});

function create(options?: ClusterHeartbeatOptions): Recorder {
  const adapter = new Recorder(new FakeNamespace("/"), options);
  void adapter.init();
  return adapter;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a server of a cluster with heartbeat", () => {
  it("announces itself, and then shows every 5 seconds that it lives", () => {
    const adapter = create();
    expect(adapter.take()).toEqual([INITIAL_HEARTBEAT]);
    vi.advanceTimersByTime(4_999);
    expect(adapter.take()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(adapter.sent).toStrictEqual([{ uid: adapter.uid, nsp: "/", type: HEARTBEAT }]);
    adapter.take();
    vi.advanceTimersByTime(15_000);
    expect(adapter.take()).toEqual([HEARTBEAT, HEARTBEAT, HEARTBEAT]);
  });

  it("sends no heartbeat when it has said something else meanwhile", () => {
    const adapter = create({ heartbeatInterval: 1_000 });
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(900);
      adapter.broadcast(packet(), everyone());
    }
    expect(adapter.take()).toEqual([INITIAL_HEARTBEAT, 3, 3, 3, 3, 3]);
    vi.advanceTimersByTime(1_000);
    expect(adapter.take()).toEqual([HEARTBEAT]);
  });

  it("answers one that is new at once", () => {
    const adapter = create();
    adapter.take();
    adapter.hear("b", INITIAL_HEARTBEAT);
    expect(adapter.take()).toEqual([HEARTBEAT]);
    adapter.hear("b");
    expect(adapter.take()).toEqual([]);
  });

  it("counts those it hears of, by whatever they say", async () => {
    const adapter = create();
    expect(await adapter.serverCount()).toBe(1);
    adapter.hear("b");
    adapter.hear("b");
    adapter.onMessage({ uid: "c", nsp: "/", type: MessageType.SERVER_SIDE_EMIT, data: { packet: ["hello"] } });
    expect(await adapter.serverCount()).toBe(3);
  });

  it("counts neither itself, nor emitters, nor servers of other namespaces", async () => {
    const adapter = create();
    adapter.hear(adapter.uid);
    adapter.hear("emitter");
    adapter.onMessage({ uid: "b", nsp: "/other", type: HEARTBEAT });
    adapter.onMessage({ nsp: "/", type: HEARTBEAT } as ClusterMessage);
    expect(await adapter.serverCount()).toBe(1);
  });

  it("loses one that is silent for 10 seconds, and finds it again when it speaks", async () => {
    const adapter = create();
    adapter.hear("b");
    vi.advanceTimersByTime(5_000);
    adapter.hear("c");
    vi.advanceTimersByTime(4_999);
    expect(await adapter.serverCount()).toBe(3);
    vi.advanceTimersByTime(2);
    expect(await adapter.serverCount()).toBe(2);
    adapter.hear("c");
    vi.advanceTimersByTime(9_000);
    adapter.hear("b");
    expect(await adapter.serverCount()).toBe(3);
    vi.advanceTimersByTime(1_002);
    expect(await adapter.serverCount()).toBe(2);
  });

  it("forgets one that takes leave", async () => {
    const adapter = create();
    adapter.hear("b");
    adapter.hear("b", MessageType.ADAPTER_CLOSE);
    adapter.hear("stranger", MessageType.ADAPTER_CLOSE);
    expect(await adapter.serverCount()).toBe(1);
  });

  it("takes leave itself, once, and leaves no timer behind", async () => {
    const adapter = create();
    adapter.hear("b");
    adapter.take();
    await adapter.close();
    await adapter.close();
    expect(adapter.take()).toEqual([MessageType.ADAPTER_CLOSE]);
    expect(vi.getTimerCount()).toBe(0);
    adapter.hear("c");
    expect(await adapter.serverCount()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait for a broker that does not answer when it closes", async () => {
    const adapter = create();
    adapter.publishing = () => new Promise(() => undefined);
    const closed = vi.fn();
    void adapter.close().then(closed);
    await vi.advanceTimersByTimeAsync(999);
    expect(closed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toHaveBeenCalled();
    const failing = create();
    failing.publishing = () => Promise.reject(new Error("broker is away"));
    await failing.close();
  });

  it("reports heartbeats that can't be sent, and goes on", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const adapter = create();
    adapter.publishing = () => Promise.reject(new Error("broker is away"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(adapter.take()).toEqual([INITIAL_HEARTBEAT, HEARTBEAT, HEARTBEAT]);
    warn.mockRestore();
  });
});

describe("a question to servers with heartbeat", () => {
  const requestIdOf = (adapter: Recorder): string => (adapter.sent.at(-1)?.data as { requestId: string }).requestId;
  const found = (uid: string, requestId: string): ClusterResponse => ({
    uid,
    nsp: "/",
    type: MessageType.FETCH_SOCKETS_RESPONSE,
    data: { requestId, sockets: [{ id: uid, handshake: {}, rooms: [], data: {} }] },
  });

  it("waits for those that are known, and tells how many did not answer", async () => {
    const adapter = create();
    for (const uid of ["b", "c", "d"]) adapter.hear(uid);
    const promise = adapter.fetchSockets({ ...everyone(), flags: { timeout: 200 } });
    const requestId = requestIdOf(adapter);
    adapter.onResponse(found("b", requestId));
    adapter.onResponse(found("stranger", requestId));
    const refused = expect(promise).rejects.toThrow("timeout reached: missing 2 responses");
    await vi.advanceTimersByTimeAsync(200);
    await refused;
    const ack = vi.fn();
    adapter.serverSideEmit(["ask", ack]);
    adapter.onResponse({ uid: "c", nsp: "/", type: 10, data: { requestId: requestIdOf(adapter), packet: "yes" } });
    await vi.advanceTimersByTimeAsync(5_000);
    const error = expect.objectContaining({ message: "timeout reached: missing 2 responses" }) as Error;
    expect(ack.mock.calls).toEqual([[error, ["yes"]]]);
  });

  it("is not held up by one that leaves or is lost", async () => {
    const adapter = create({ heartbeatTimeout: 1_000 });
    for (const uid of ["b", "c", "d"]) adapter.hear(uid);
    const promise = adapter.fetchSockets(everyone());
    adapter.onResponse(found("b", requestIdOf(adapter)));
    adapter.hear("c", MessageType.ADAPTER_CLOSE);
    const settled = vi.fn();
    void promise.then(settled);
    await vi.advanceTimersByTimeAsync(900);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(102);
    expect(settled).toHaveBeenCalledWith([expect.objectContaining({ id: "b" })]);
  });

  it("to clients of one that is lost counts no client there", () => {
    const adapter = create();
    for (const uid of ["b", "c"]) adapter.hear(uid);
    const counts: number[] = [];
    const answers: unknown[] = [];
    adapter.broadcastWithAck(
      packet(),
      everyone(),
      (count) => counts.push(count),
      (answer: unknown) => answers.push(answer),
    );
    const requestId = requestIdOf(adapter);
    const count = (uid: string, clientCount: number): void => {
      adapter.onResponse({ uid, nsp: "/", type: 11, data: { requestId, clientCount } });
    };
    count("b", 2);
    count("b", 2);
    count("stranger", 5);
    count("c", -1);
    expect(counts).toEqual([0, 2]);
    adapter.hear("c", MessageType.ADAPTER_CLOSE);
    adapter.hear("b", MessageType.ADAPTER_CLOSE);
    expect(counts).toEqual([0, 2, 0]);
    adapter.onResponse({ uid: "b", nsp: "/", type: 12, data: { requestId, packet: "yes" } });
    adapter.onResponse({ uid: "stranger", nsp: "/", type: 12, data: { requestId, packet: "no" } });
    expect(answers).toEqual(["yes"]);
  });

  it("is not asked of nobody", async () => {
    const adapter = create();
    expect(await adapter.fetchSockets(everyone())).toEqual([]);
  });

  it("that nobody answers because it can't be sent fails, or is reported where nothing was missed", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const adapter = create();
    adapter.publishing = () => Promise.reject(new Error("broker is away"));
    expect(await adapter.fetchSockets(everyone())).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    adapter.hear("b");
    await expect(adapter.fetchSockets(everyone())).rejects.toMatchObject({ code: "ERR_CLUSTER_PUBLISH" });
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
