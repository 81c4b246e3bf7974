// Sessions that can be resumed, with the raw server and with time that the test moves, for the tests of this folder.
import { vi } from "vitest";
import { TestClock } from "@everwire/testkit";
import type { SessionOptions } from "./options.js";
import { event, startRawEngine, track, until, type RawEngine, type RawEngineOptions } from "./raw-engine.test.node.js";
import { Session } from "./session.js";

export const TERMS = { windowMs: 60_000, maxBufferBytes: 1_000_000 };

export interface Scene {
  server: RawEngine;
  session: Session;
  clock: TestClock;
}

/** All that `create` makes takes its time from this clock; the rest of the process has its own. */
export function onClock<T>(clock: TestClock, create: () => T): T {
  vi.stubGlobal("setTimeout", (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs));
  vi.stubGlobal("clearTimeout", clock.clearTimeout.bind(clock));
  try {
    return create();
  } finally {
    vi.unstubAllGlobals();
  }
}

/** An open session of a server that resumes. */
export async function openResumable(options: SessionOptions = {}, engine: RawEngineOptions = {}): Promise<Scene> {
  const server = await startRawEngine({ ...engine, handshake: { resume: TERMS, ...engine.handshake } });
  const clock = new TestClock();
  const session = track(onClock(clock, () => new Session(server.url, { resume: true, ...options })));
  await event(session, "open");
  return { server, session, clock };
}

/** Breaks every connection of the session, which notices. */
export async function breakOff({ server, session }: Scene): Promise<void> {
  const suspended = event(session, "suspend");
  if (!server.webSocket) await until(() => server.isPolled);
  server.connections.forEach((socket) => socket.resetAndDestroy());
  await suspended;
  await until(() => !server.isPolled);
}

/** The connection breaks when so many packets have come, before the client hears of them. */
export async function breakAfter({ server, session }: Scene, count: number): Promise<void> {
  const suspended = event(session, "suspend");
  server.options.intercept = (request, _response, body) => {
    if (request.method !== "POST") return false;
    const packets = body.split("\x1e");
    if (server.packets.length + packets.length < count) return false;
    server.packets.push(...packets);
    delete server.options.intercept;
    server.connections.forEach((socket) => socket.resetAndDestroy());
    return true;
  };
  if (server.webSocket) {
    await until(() => server.packets.length === count);
    server.connections.forEach((socket) => socket.resetAndDestroy());
  }
  await suspended;
  await until(() => !server.isPolled);
}

/** Lets the next try begin, and waits until it has succeeded. `afterMs`: the first try after a break is at once as a rule. */
export async function comeBack({ session, clock }: Scene, afterMs = 0): Promise<{ replayed: number }> {
  const resumed = event<[{ replayed: number }]>(session, "resume");
  clock.advance(afterMs);
  return (await resumed)[0];
}

/** Queries of the requests that were tries to resume. */
export function triesOf({ requests }: RawEngine): Record<string, string>[] {
  return requests
    .filter(({ url }) => url.searchParams.has("resume"))
    .map(({ url }) => Object.fromEntries(url.searchParams));
}
