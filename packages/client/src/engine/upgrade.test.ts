import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EnginePacket } from "@everwire/protocol";
import type { TransportError } from "../errors.js";
import { resolveOptions } from "./options.js";
import { installTimerFunctions } from "./timers.js";
import { Transport } from "./transports/transport.js";
import { Upgrade, type UpgradeHandler } from "./upgrade.js";

/** A transport whose every step is the test's. */
class FakeTransport extends Transport {
  readonly sent: EnginePacket[] = [];
  onPaused: (() => void) | undefined;
  resumed = 0;
  tries = 0;
  readonly #name: string;

  constructor(name: string) {
    super(resolveOptions(undefined, {}));
    this.#name = name;
  }

  override get name(): string {
    return this.#name;
  }
  override open(): this {
    this.tries++;
    return this;
  }
  override send(packets: EnginePacket[]): void {
    this.sent.push(...packets);
  }
  override close(): this {
    if (this.readyState !== "closed") this.moveTo("closed");
    return this;
  }
  override pause(onPaused: () => void): void {
    this.onPaused = onPaused;
  }
  override resume(): void {
    this.resumed++;
  }
  opens(): void {
    this.onOpen();
  }
  receives(chunk: string): void {
    this.onData(chunk);
  }
  fails(): void {
    this.onError("websocket error", 1, 2);
  }
  closes(): void {
    this.onClose();
  }
}

interface Scene {
  current: FakeTransport;
  candidates: FakeTransport[];
  upgrade: Upgrade;
  calls: string[];
  errors: TransportError[];
  handler: UpgradeHandler;
}

function begin(...names: string[]): Scene {
  const calls: string[] = [];
  const errors: TransportError[] = [];
  const current = new FakeTransport("polling");
  const candidates = names.map((name) => new FakeTransport(name));
  const handler: UpgradeHandler = {
    onProbed: (transport: Transport) => void calls.push(`probed ${transport.name}`),
    onSwap: (transport: Transport) => void calls.push(`swap ${transport.name}`),
    onError: (error: TransportError) => void errors.push(error),
    onFailed: () => void calls.push("failed"),
  };
  const upgrade = new Upgrade(current, installTimerFunctions({}, {}), handler);
  upgrade.start(candidates);
  return { current, candidates, upgrade, calls, errors, handler };
}

const at = (scene: Scene, index: number): FakeTransport => scene.candidates[index] as FakeTransport;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("an upgrade", () => {
  it("probes, waits until the old transport is silent, and swaps", () => {
    const scene = begin("websocket");
    at(scene, 0).opens();
    expect(at(scene, 0).sent).toEqual([{ type: "ping", data: "probe" }]);
    at(scene, 0).handler?.onDrain();
    expect(scene.upgrade.isSwapping).toBe(false);
    at(scene, 0).receives("3probe");
    expect(scene.upgrade.isSwapping).toBe(true);
    expect(scene.calls).toEqual(["probed websocket"]);
    scene.current.onPaused?.();
    expect(scene.calls).toEqual(["probed websocket", "swap websocket"]);
    expect(scene.upgrade.isSwapping).toBe(false);
    scene.upgrade.cancel();
    expect(at(scene, 0).readyState).toBe("open");
  });

  it("takes the first that answers and drops the others", () => {
    const scene = begin("websocket", "webtransport");
    vi.advanceTimersByTime(200);
    for (const candidate of scene.candidates) candidate.opens();
    at(scene, 1).receives("3probe");
    expect(at(scene, 0).readyState).toBe("closed");
    scene.current.onPaused?.();
    expect(scene.calls).toEqual(["probed webtransport", "swap webtransport"]);
    expect(scene.errors).toEqual([]);
  });

  it.each<[string, (transport: FakeTransport) => void]>([
    ["websocket error", (transport) => transport.fails()],
    ["transport closed", (transport) => transport.closes()],
    ["unexpected packet", (transport) => transport.receives("3")],
    ["unexpected packet", (transport) => transport.receives("4early")],
    ["parser error", (transport) => transport.receives("?")],
    ["timeout", () => vi.advanceTimersByTime(10_000)],
  ])("fails with %s", (why, step) => {
    const scene = begin("websocket");
    at(scene, 0).opens();
    step(at(scene, 0));
    expect(scene.errors).toMatchObject([
      { message: `probe error: ${why}`, transport: "websocket", code: "ERR_TRANSPORT" },
    ]);
    expect(scene.calls).toEqual(["failed"]);
    expect(at(scene, 0).readyState).toBe("closed");
    expect(scene.current.resumed).toBe(0);
  });

  it("passes on what the transport's error says", () => {
    const scene = begin("websocket");
    at(scene, 0).fails();
    expect(scene.errors).toMatchObject([{ description: 1, context: 2, cause: { message: "websocket error" } }]);
  });

  it("goes on while one candidate is left", () => {
    const scene = begin("websocket", "webtransport");
    vi.advanceTimersByTime(200);
    at(scene, 0).opens();
    at(scene, 0).fails();
    expect(scene.calls).toEqual([]);
    at(scene, 1).opens();
    at(scene, 1).receives("3probe");
    scene.current.onPaused?.();
    expect(scene.calls).toEqual(["probed webtransport", "swap webtransport"]);
  });

  it("gives WebTransport a start of 200 ms over the others", () => {
    const scene = begin("websocket", "webtransport");
    expect(scene.candidates.map(({ tries }) => tries)).toEqual([0, 1]);
    vi.advanceTimersByTime(199);
    expect(at(scene, 0).tries).toBe(0);
    vi.advanceTimersByTime(1);
    expect(scene.candidates.map(({ tries }) => tries)).toEqual([1, 1]);
    scene.upgrade.cancel();
  });

  it("tries the others no more once WebTransport has won within that time", () => {
    const scene = begin("websocket", "webtransport");
    at(scene, 1).opens();
    at(scene, 1).receives("3probe");
    scene.current.onPaused?.();
    vi.advanceTimersByTime(10_000);
    expect(at(scene, 0).tries).toBe(0);
    expect(scene.calls).toEqual(["probed webtransport", "swap webtransport"]);
  });

  it("tries the others at once when WebTransport has failed", () => {
    const scene = begin("websocket", "webtransport");
    at(scene, 1).fails();
    expect(at(scene, 0).tries).toBe(1);
    expect(scene.calls).toEqual([]);
    at(scene, 0).opens();
    at(scene, 0).receives("3probe");
    scene.current.onPaused?.();
    expect(scene.calls).toEqual(["probed websocket", "swap websocket"]);
  });

  it("tries none of the others once the session has closed", () => {
    const scene = begin("websocket", "webtransport");
    scene.upgrade.cancel();
    vi.advanceTimersByTime(10_000);
    expect(at(scene, 0).tries).toBe(0);
    expect([...scene.calls, ...scene.errors]).toEqual([]);
  });

  it("has failed when WebTransport was the only one and failed", () => {
    const scene = begin("webtransport");
    at(scene, 0).fails();
    expect(scene.calls).toEqual(["failed"]);
  });

  it("wakes the old transport when the candidate breaks while it was silenced", () => {
    const scene = begin("websocket");
    at(scene, 0).opens();
    at(scene, 0).receives("3probe");
    at(scene, 0).closes();
    expect(scene.current.resumed).toBe(1);
    expect(scene.calls).toEqual(["probed websocket", "failed"]);
    // The pause that ends too late swaps nothing.
    scene.current.onPaused?.();
    expect(scene.calls).toEqual(["probed websocket", "failed"]);
  });

  it("is over without a word when the session is", () => {
    const scene = begin("websocket", "webtransport");
    vi.advanceTimersByTime(200);
    at(scene, 0).opens();
    scene.upgrade.cancel();
    scene.upgrade.cancel();
    expect(scene.candidates.map(({ readyState }) => readyState)).toEqual(["closed", "closed"]);
    expect([...scene.calls, ...scene.errors]).toEqual([]);
  });

  it("does not silence the old transport when a listener has closed the session", () => {
    const scene = begin("websocket");
    scene.handler.onProbed = () => scene.upgrade.cancel();
    at(scene, 0).opens();
    at(scene, 0).receives("3probe");
    expect(scene.current.onPaused).toBeUndefined();
  });

  it("does not go on when a listener of an error has closed the session", () => {
    const scene = begin("websocket");
    scene.handler.onError = () => scene.upgrade.cancel();
    at(scene, 0).fails();
    expect(scene.calls).toEqual([]);
  });
});
