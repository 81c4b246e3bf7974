// Sessions with the raw server for the tests of this folder.
import type { SessionOptions } from "./options.js";
import { event, startRawEngine, track, type RawEngine, type RawEngineOptions } from "./raw-engine.test.node.js";
import { Session } from "./session.js";

export const websocketOnly: SessionOptions = { transports: ["websocket"] };

export const websocketUpgrade: RawEngineOptions = { handshake: { upgrades: ["websocket", "unheard-of"] } };

/** A session that is open, and its server. */
export async function open(
  engine: RawEngineOptions = {},
  options: SessionOptions = {},
): Promise<{ server: RawEngine; session: Session }> {
  const server = await startRawEngine(engine);
  const session = track(new Session(server.url, options));
  await event(session, "open");
  return { server, session };
}

/** Names of the events in the order they come. */
export function record(session: Session, ...names: string[]): string[] {
  const seen: string[] = [];
  for (const name of names) session.on(name as never, (() => seen.push(name)) as never);
  return seen;
}
