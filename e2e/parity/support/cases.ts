// Cases as rows of a table: what is done, and what is seen. Each runs over both peers with the same expectation, so that a row which
// states something wrong goes red on the stock side. A row with a fourth entry differs on purpose: it says what is seen here, and
// docs/migrating.md says why.
import { describe, expect, test } from "vitest";
import { PEERS } from "./peers.js";
import { Rig } from "./rig.js";

export type Case = readonly [title: string, run: (rig: Rig) => unknown, seen: unknown, seenHere?: { here: unknown }];

export function compare(title: string, cases: readonly Case[]): void {
  describe.each(PEERS)(`${title}: $name`, (peer) => {
    for (const [title, run, seen, differs] of cases) {
      test(title, async () => {
        const expected = peer.name === "everwire" && differs !== undefined ? differs.here : seen;
        expect(await run(new Rig(peer))).toEqual(expected);
      });
    }
  });
}
