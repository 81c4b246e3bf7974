// Empties a server that is about to go, without a storm: its clients are told to move in paced batches, and connect again wherever
// the load balancer sends them. Called by the server's `drain()`.
import { setTimeout as wait } from "node:timers/promises";
import type { Connection } from "./connection.js";
import type { EngineServer } from "./engine/engine-server.js";
import type { Session } from "./engine/session.js";

export interface DrainOptions {
  /** Connections that are told to move at once. Default 100. */
  batch?: number;
  /** Milliseconds between two batches. Default 1,000. */
  intervalMs?: number;
  /** Milliseconds after which whoever is left is cut off. Default 30,000. */
  deadlineMs?: number;
}

export interface DrainResult {
  /** Connections that were closed with all that was meant for them sent. */
  moved: number;
  /** Connections that were cut off at the deadline. */
  cut: number;
}

/** Resolves when no connection is left. New ones are refused (503) from the beginning. */
export async function drain(
  engines: readonly EngineServer[],
  { batch = 100, intervalMs = 1_000, deadlineMs = 30_000 }: DrainOptions,
): Promise<DrainResult> {
  for (const engine of engines) engine.refuseNew();
  const left = new Set(engines.flatMap((engine) => Object.values(engine.clients)));
  const total = left.size;
  const over = new AbortController();
  const end = Promise.race([
    whenAllClosed(left),
    wait(deadlineMs, undefined, { signal: over.signal }).catch(() => undefined),
  ]).then(() => over.abort());
  for (const waiting = [...left]; waiting.length > 0 && !over.signal.aborted;) {
    for (const session of waiting.splice(0, batch)) moveOn(session);
    // The last batch is followed by the wait for its end, not by a pause.
    if (waiting.length > 0) await wait(intervalMs, undefined, { signal: over.signal }).catch(() => undefined);
  }
  await end;
  const cut = left.size;
  for (const session of left) session.close(true);
  return { moved: total - cut, cut };
}

function moveOn(session: Session): void {
  const connection = session.handler as Connection | undefined;
  if (connection === undefined) session.close();
  else connection.moveOn();
}

function whenAllClosed(sessions: Set<Session>): Promise<void> {
  return new Promise((resolve) => {
    if (sessions.size === 0) resolve();
    for (const session of sessions) {
      session.once("close", () => {
        sessions.delete(session);
        if (sessions.size === 0) resolve();
      });
    }
  });
}
