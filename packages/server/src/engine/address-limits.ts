// How many sessions there may be, in all and for each address, and how many handshakes an address may make a second. Asked by
// admission.ts before anything is spent on a request; told by the engine server of sessions that open and close.
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { forbidden } from "./errors.js";
import type { Refusal } from "./errors.js";
import { TokenBucket } from "./token-bucket.js";
import { UserCode } from "./user-code.js";

export interface LimitOptions {
  /** Sessions in all. Default unlimited. */
  maxConnections?: number;
  /** Sessions of one address. Default unlimited: behind a proxy all clients have its address, unless `addressOf` knows better. */
  maxConnectionsPerAddress?: number;
  /** Handshakes of one address in a second, resumed sessions included. Default unlimited. */
  maxHandshakesPerSecond?: number;
  /** Whom a request is counted for. Default: the address of its connection; of an IPv6 address its network, the first 64 bits. */
  addressOf?: (request: IncomingMessage) => string;
}

/** Addresses whose handshakes are remembered at once; beyond it those that rest are forgotten first. */
const MAX_REMEMBERED = 10_000;

export class AddressLimits {
  readonly #options: LimitOptions;
  readonly #userCode: UserCode;
  readonly #now: () => number;
  readonly #sessions = new Map<string, number>();
  readonly #handshakes = new Map<string, TokenBucket>();
  /** Whom a session is counted for. */
  readonly #owners = new WeakMap<object, string>();
  #count = 0;

  constructor(options: LimitOptions, now: () => number = () => performance.now(), userCode = new UserCode()) {
    this.#options = options;
    this.#userCode = userCode;
    this.#now = now;
  }

  /** The refusal, if there are too many. A handshake that is let in is counted. */
  check(request: IncomingMessage, isNew: boolean): Refusal | undefined {
    const { maxConnections = Infinity, maxConnectionsPerAddress, maxHandshakesPerSecond } = this.#options;
    if (isNew && this.#count >= maxConnections) return forbidden("too many connections", TOO_BUSY);
    if (maxConnectionsPerAddress === undefined && maxHandshakesPerSecond === undefined) return undefined;
    const address = this.#addressOf(request);
    if (isNew && (this.#sessions.get(address) ?? 0) >= (maxConnectionsPerAddress ?? Infinity))
      return forbidden("too many connections of this address", TOO_MANY);
    if (maxHandshakesPerSecond !== undefined && !this.#mayShake(address, maxHandshakesPerSecond))
      return forbidden("too many handshakes of this address", TOO_MANY);
    return undefined;
  }

  opened(session: object, request: IncomingMessage | undefined): void {
    this.#count += 1;
    if (this.#options.maxConnectionsPerAddress === undefined || request === undefined) return;
    const address = this.#addressOf(request);
    this.#owners.set(session, address);
    this.#sessions.set(address, (this.#sessions.get(address) ?? 0) + 1);
  }

  closed(session: object): void {
    this.#count -= 1;
    const address = this.#owners.get(session);
    if (address === undefined) return;
    const left = (this.#sessions.get(address) ?? 0) - 1;
    if (left > 0) this.#sessions.set(address, left);
    else this.#sessions.delete(address);
  }

  #addressOf(request: IncomingMessage): string {
    const { addressOf } = this.#options;
    if (addressOf !== undefined) {
      const context = { kind: "option", event: "addressOf", request } as const;
      const address = this.#userCode.call(context, undefined, addressOf, [request]);
      if (typeof address === "string") return address;
    }
    // Also where the application could not say: a request that is counted for nobody would have no limit.
    return networkOf(request.socket.remoteAddress ?? "");
  }

  #mayShake(address: string, perSecond: number): boolean {
    const nowMs = this.#now();
    let bucket = this.#handshakes.get(address);
    if (bucket === undefined) {
      if (this.#handshakes.size >= MAX_REMEMBERED) this.#forget(nowMs);
      this.#handshakes.set(address, (bucket = new TokenBucket(perSecond, nowMs)));
    }
    return bucket.take(nowMs);
  }

  /** Those that rest, and if nobody does the one that came first: the list never grows beyond its size. */
  #forget(nowMs: number): void {
    for (const [address, bucket] of this.#handshakes) if (bucket.isFull(nowMs)) this.#handshakes.delete(address);
    for (const address of this.#handshakes.keys()) {
      if (this.#handshakes.size < MAX_REMEMBERED) return;
      this.#handshakes.delete(address);
    }
  }
}

/** RFC 6585 section 4, and RFC 9110 section 15.6.4. */
const TOO_MANY = { status: 429 };
const TOO_BUSY = { status: 503 };

/** One customer has a whole /64 of IPv6 addresses (RFC 6177). IPv4 in IPv6 clothes stays one address. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? front : [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
