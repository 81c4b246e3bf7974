// Runs the table of cases on one pairing of a client and a server, over each transport. A case that needs an API which one side does
// not have is not generated for that pairing; nothing is ever skipped.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACK_CASES } from "../cases/acks.js";
import { API_CASES } from "../cases/api.js";
import { BINARY_CASES } from "../cases/binary.js";
import { CONNECT_CASES } from "../cases/connect.js";
import { DISCONNECT_CASES } from "../cases/disconnect.js";
import { EVENT_CASES } from "../cases/events.js";
import { ORDER_CASES } from "../cases/order.js";
import { RECOVERY_CASES } from "../cases/recovery.js";
import { RETRY_CASES } from "../cases/retries.js";
import { ROOM_CASES } from "../cases/rooms.js";
import type { ClientPort, Link, LinkOptions, Mode, Need, RunningServer, ServerOptions, ServerPort } from "./ports.js";

/** What a case gets: a running server, and clients that are closed after it. */
export interface World {
  readonly mode: Mode;
  readonly server: RunningServer;
  /** The most messages that may be on their way at once for this pairing. */
  readonly burst: number;
  open(options?: Partial<LinkOptions>): Promise<Link>;
}

export interface Case {
  title: string;
  needs?: Need[];
  modes?: Mode[];
  /** The case wants a server of its own, with these options. */
  ownServer?: ServerOptions;
  /** What a break means where sessions are not resumed: our client does not ask for it. What it means where they are, has tests of its own. */
  endsWithConnection?: boolean;
  run(world: World): Promise<void>;
}

const CASES: Case[] = [
  ...CONNECT_CASES,
  ...EVENT_CASES,
  ...BINARY_CASES,
  ...ACK_CASES,
  ...ROOM_CASES,
  ...ORDER_CASES,
  ...DISCONNECT_CASES,
  ...RECOVERY_CASES,
  ...RETRY_CASES,
  ...API_CASES,
];

const MODES: Mode[] = ["polling", "websocket", "upgrade"];

/** @param faults titles of cases that a peer is known to fail whoever it talks to */
export function runSuite(client: ClientPort, server: ServerPort, faults: readonly string[] = []): void {
  const unknown = faults.filter((title) => !CASES.some((entry) => entry.title === title));
  if (unknown.length > 0) throw new Error(`failed to leave out a case: there is no ${unknown.join(", ")}`);
  // A leak of listeners shows as a warning of the process: none may come up in a whole file.
  const warnings: Error[] = [];
  process.on("warning", (warning) => warnings.push(warning));
  afterAll(async () => {
    await client.stop();
    expect(warnings.map(String)).toEqual([]);
  });

  describe.each(MODES)(`${client.name} -> ${server.name}, %s`, (mode) => {
    let shared: RunningServer;

    beforeAll(async () => {
      shared = await server.start();
    });
    afterAll(() => shared.stop());

    const has = (need: Need): boolean => client.has.has(need) || server.has.has(need);
    const cases = CASES.filter(
      (entry) =>
        (entry.needs ?? []).every(has) && (entry.modes ?? MODES).includes(mode) && !faults.includes(entry.title),
    );

    test.each(cases.map((entry) => [entry.title, entry] as const))("%s", async (_title, entry) => {
      const target = entry.ownServer ? await server.start(entry.ownServer) : shared;
      const links: Link[] = [];
      try {
        await entry.run({
          mode,
          server: target,
          burst: Math.min(client.burst, server.burst),
          open: async (options) => {
            const extra = entry.endsWithConnection ? { resume: false, ...options?.extra } : options?.extra;
            const link = await client.open(target.url, { mode, ...options, ...(extra && { extra }) });
            links.push(link);
            return link;
          },
        });
      } finally {
        await Promise.all(links.map((link) => link.close()));
        if (target !== shared) await target.stop();
      }
    });
  });
}
