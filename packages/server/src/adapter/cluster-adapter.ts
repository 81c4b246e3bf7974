// The adapter of a server among others: what is asked of it happens here, as in the in-memory adapter, and is told to the
// other servers, who do the same. How messages travel is left to subclasses: they publish, and hand in what arrives.
import { PacketType, type Packet } from "@everwire/protocol";
import type { AdapterNamespace, BroadcastOptions, Room } from "./adapter.js";
import { ClusterAnswers } from "./cluster-answers.js";
import { DEFAULT_TIMEOUT_MS } from "./cluster-delay.js";
import { clusterError, clusterFailure } from "./cluster-errors.js";
import { CountedAnswers, type Expectation } from "./cluster-expectation.js";
import { ClusterInbox } from "./cluster-inbox.js";
import {
  type ClusterMessage,
  type ClusterMessageBody,
  type ClusterResponse,
  type ClusterResponseBody,
  createClusterId,
  DELIVERED,
  isResponse,
  MessageType,
  type Offset,
  type ServerId,
  toClusterOptions,
  toClusterPacket,
} from "./cluster-message.js";
import { ClusterOrder } from "./cluster-order.js";
import type { Settle } from "./cluster-requests.js";
import { Adapter } from "./in-memory.js";
import { sizeOf, withOffset } from "./offset-tail.js";

/**
 * Base of adapters that connect several servers. A subclass says how many they are (`serverCount`), how a message gets to
 * all others (`doPublish`) and a response to the one that asked (`doPublishResponse`), and calls `onMessage` and
 * `onResponse` with what arrives. Messages of one server have to arrive in the order in which they were published.
 */
export abstract class ClusterAdapter extends Adapter {
  /** Id of this adapter among all. */
  readonly uid: ServerId = createClusterId();
  readonly #answers = new ClusterAnswers();
  readonly #order = new ClusterOrder((error) => this.#report(error));
  readonly #inbox: ClusterInbox;
  #lastOffset: Offset | undefined;
  #isClosed = false;

  constructor(nsp: AdapterNamespace) {
    super(nsp);
    this.#inbox = new ClusterInbox({
      broadcast: (packet, options) => super.broadcast(packet, options),
      broadcastWithAck: (packet, options, onCount, onAck) => super.broadcastWithAck(packet, options, onCount, onAck),
      addSockets: (options, rooms) => super.addSockets(options, rooms),
      delSockets: (options, rooms) => super.delSockets(options, rooms),
      disconnectSockets: (options, close) => super.disconnectSockets(options, close),
      fetchSockets: (options) => super.fetchSockets(options),
      serverSideEmit: (args) => this.nsp._onServerSideEmit(args),
      respond: (uid, response) => this.publishResponse(uid, response),
      withOffset: (packet, options, offset) => this.#withOffset(packet, options, offset),
      report: (error) => this.#report(error),
    });
  }

  /**
   * Sends a message to all other servers; to this one too, if that is simpler: it ignores what it sent itself. Promises
   * the place of the message in a log that clients can come back to, if there is one.
   */
  protected abstract doPublish(message: ClusterMessage): Promise<Offset | undefined>;

  /** Sends a response to one server; to others too, if that is simpler: they ignore it. */
  protected abstract doPublishResponse(requesterUid: ServerId, response: ClusterResponse): Promise<unknown>;

  /** A message of another server arrived, or a response, where both come the same way. */
  onMessage(message: ClusterMessage | ClusterResponse, offset?: Offset): void {
    if (this.#isClosed) return;
    try {
      this.onHeard(message);
      if (message.uid === this.uid || message.nsp !== this.nsp.name) return;
      if (isResponse(message)) this.onResponse(message);
      else this.#inbox.onMessage(message, this.nsp.name, offset);
    } catch (error) {
      this.#report(clusterFailure("ERR_CLUSTER_MESSAGE", "failed to take a message of another server", error));
    }
  }

  /** A response to something that this server asked; what was never asked, or is over, is ignored. */
  onResponse(response: ClusterResponse): void {
    try {
      this.#answers.onResponse(response);
    } catch (error) {
      this.#report(clusterFailure("ERR_CLUSTER_MESSAGE", "failed to take a response of another server", error));
    }
  }

  /** Anything at all arrived, of whichever namespace. */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- for those who override it
  protected onHeard(_message: ClusterMessage | ClusterResponse): void {
    // It is the heartbeat that wants to know.
  }

  override init(): Promise<void> | void {
    this.#isClosed = false;
    return super.init();
  }

  /** What is still open is settled: nobody waits for answers that can't come any more. */
  override close(): Promise<void> | void {
    this.#isClosed = true;
    this.#order.flush();
    this.#answers.close();
    this.#inbox.close();
    return super.close();
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const body = { opts: toClusterOptions(options), packet: toClusterPacket(packet) };
    const message: ClusterMessageBody = { type: MessageType.BROADCAST, data: body };
    if (isLocal(options) || !this.#wantsOffset(packet, options)) {
      this.#runEncodable(packet, () => super.broadcast(this.#withOffset(packet, options, undefined), options));
      if (!isLocal(options)) this.publish(message);
      return;
    }
    // The clients here get the same offset as all others, so they wait for it; a packet that can't be sent throws first.
    const bytes = sizeOf(this.encode(packet));
    const offset = this.publishAndReturnOffset(message).catch((error: unknown) => {
      this.#report(error);
      return undefined;
    });
    this.#order.runAfter(offset, bytes, (known) => {
      if (known !== DELIVERED) super.broadcast(this.#withOffset(packet, options, known), options);
    });
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: unknown[]) => void,
  ): unknown {
    const body = { opts: toClusterOptions(options), packet: toClusterPacket(packet) };
    let forgetHere: unknown;
    let requestId: string | undefined;
    let isForgotten = false;
    this.#runEncodable(packet, () => {
      if (isForgotten) return;
      forgetHere = super.broadcastWithAck(packet, options, clientCountCallback, ack);
    });
    if (!isLocal(options)) {
      requestId = this.#answers.broadcasts.open(options.flags?.timeout, this.knownServers(), clientCountCallback, ack);
      this.publish({ type: MessageType.BROADCAST, data: { ...body, requestId } });
    }
    return () => {
      isForgotten = true;
      if (requestId !== undefined) this.#answers.broadcasts.forget(requestId);
      if (typeof forgetHere === "function") (forgetHere as () => void)();
    };
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#order.run(() => super.addSockets(options, rooms));
    if (isLocal(options)) return;
    this.publish({ type: MessageType.SOCKETS_JOIN, data: { opts: toClusterOptions(options), rooms } });
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#order.run(() => super.delSockets(options, rooms));
    if (isLocal(options)) return;
    this.publish({ type: MessageType.SOCKETS_LEAVE, data: { opts: toClusterOptions(options), rooms } });
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#order.run(() => super.disconnectSockets(options, close));
    if (isLocal(options)) return;
    this.publish({ type: MessageType.DISCONNECT_SOCKETS, data: { opts: toClusterOptions(options), close } });
  }

  /** Sockets of this server, and descriptions of those of the others. Waits as long as the flag `timeout` says, or 5 s. */
  override async fetchSockets(options: BroadcastOptions): Promise<unknown[]> {
    const here = new Promise<unknown[]>((resolve) => {
      this.#order.run(() => resolve(super.fetchSockets(options)));
    });
    if (isLocal(options)) return here;
    const elsewhere = new Promise<unknown[]>((resolve, reject) => {
      const settle: Settle = (error, answers) => {
        if (error === null) resolve((answers as unknown[][]).flat());
        else reject(error);
      };
      this.#ask(options.flags?.timeout ?? DEFAULT_TIMEOUT_MS, settle, (requestId) => ({
        type: MessageType.FETCH_SOCKETS,
        data: { opts: toClusterOptions(options), requestId },
      }));
    });
    const [own, others] = await Promise.all([here, elsewhere]);
    return [...own, ...others];
  }

  /** An event for the other servers. With a callback at the end, it gets `(error, responses)` after 5 s at the latest. */
  override serverSideEmit(packet: unknown[]): void {
    const ack = packet.at(-1);
    if (typeof ack !== "function") {
      this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } });
      return;
    }
    const settle: Settle = (error, responses) => {
      this.#guard("ack", () => (ack as (error: Error | null, responses: unknown[]) => unknown)(error, responses));
    };
    this.#ask(DEFAULT_TIMEOUT_MS, settle, (requestId) => ({
      type: MessageType.SERVER_SIDE_EMIT,
      data: { packet: packet.slice(0, -1), requestId },
    }));
  }

  // Published at once, before it is known how many have to answer: so it keeps its place among other messages.
  #ask(timeoutMs: number, settle: Settle, describe: (requestId: string) => ClusterMessageBody): void {
    if (this.#isClosed) {
      settle(clusterError("ERR_CLUSTER_CLOSED", "failed to ask the other servers: the adapter is closed"), []);
      return;
    }
    const id = this.#answers.requests.open(timeoutMs, settle);
    if (id === undefined) return;
    const fail = (error: unknown): void => {
      // Settled already, for there is nobody to ask: the failure is news all the same.
      if (!this.#answers.requests.fail(id, error instanceof Error ? error : new Error(String(error))))
        this.#report(error);
    };
    const expected = this.expectAnswers();
    this.publishAndReturnOffset(describe(id)).catch(fail);
    if (expected instanceof Promise)
      expected.then((expectation) => this.#answers.requests.expect(id, expectation), fail);
    else this.#answers.requests.expect(id, expected);
  }

  /** Whose answers a request made now has to wait for. */
  protected expectAnswers(): Expectation | Promise<Expectation> {
    const counted = new Promise<number>((resolve) => resolve(this.serverCount()));
    return counted.then((count) => new CountedAnswers(count - 1));
  }

  /** Ids of the other servers, where they are known. */
  protected knownServers(): ReadonlySet<ServerId> | undefined {
    return undefined;
  }

  /** Another server is gone: nothing waits for it any more. */
  protected onServerGone(uid: ServerId): void {
    this.#answers.onGone(uid);
  }

  /** Sends to all other servers. A failure is reported, and does not reach the caller. */
  protected publish(message: ClusterMessageBody): void {
    this.publishAndReturnOffset(message).catch((error: unknown) => this.#report(error));
  }

  /** The same with the offset that the message got, or the failure. */
  protected async publishAndReturnOffset(message: ClusterMessageBody): Promise<Offset | undefined> {
    if (this.#isClosed) return undefined;
    try {
      return await this.doPublish({ ...message, uid: this.uid, nsp: this.nsp.name });
    } catch (error) {
      throw clusterFailure("ERR_CLUSTER_PUBLISH", "failed to publish a message to the other servers", error);
    }
  }

  /** Answers another server. A failure is reported. */
  protected publishResponse(requesterUid: ServerId, response: ClusterResponseBody): void {
    if (this.#isClosed) return;
    const publish = async (): Promise<unknown> =>
      this.doPublishResponse(requesterUid, { ...response, uid: this.uid, nsp: this.nsp.name });
    publish().catch((error: unknown) => {
      this.#report(clusterFailure("ERR_CLUSTER_PUBLISH", "failed to publish a response to another server", error));
    });
  }

  /** Whether clients may come back to this packet: events that are neither volatile nor to be acknowledged. */
  #wantsOffset(packet: Packet, options: BroadcastOptions): boolean {
    if (this.nsp.server.opts.connectionStateRecovery === undefined) return false;
    return packet.type === PacketType.EVENT && packet.id === undefined && options.flags?.volatile !== true;
  }

  #withOffset(packet: Packet, options: BroadcastOptions, offset: Offset | undefined): Packet {
    if (this.nsp.server.opts.connectionStateRecovery === undefined) return packet;
    const isKnown = typeof offset === "string" && offset !== "" && this.#wantsOffset(packet, options);
    if (isKnown) this.#lastOffset = offset;
    return withOffset(packet, isKnown ? offset : undefined, this.#lastOffset);
  }

  // Where it has to wait, its caller is gone when it runs: a packet that can't be sent has to throw before.
  #runEncodable(packet: Packet, run: () => void): void {
    if (this.#order.isBusy) this.encode(packet);
    this.#order.run(run);
  }

  #guard(kind: "ack" | "adapter", run: () => unknown): void {
    if (this.nsp.guard !== undefined) {
      this.nsp.guard(kind, run);
      return;
    }
    try {
      run();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (this.nsp.guard === undefined) {
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.nsp.guard("adapter", () => {
      throw error;
    });
  }
}

function isLocal(options: BroadcastOptions): boolean {
  return options.flags?.local === true;
}
