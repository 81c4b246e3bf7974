// Cases as rows of a table: what is done, and what is seen. Each runs over both peers with the same expectation, so that a row which
// states something wrong goes red on the stock side; and over the servers of each with the clients of the other. A row with a fourth
// entry differs on purpose: it says what is seen where the server is ours, and docs/migrating.md says why.
import { describe, expect, test } from "vitest";
import { PEERS, type Peer } from "./peers.js";
import { Rig } from "./rig.js";

export type Case = readonly [title: string, run: (rig: Rig) => unknown, seen: unknown, seenHere?: { here: unknown }];

/** A server and a client, under the name of the server. */
interface Sides {
  who: string;
  peer: Peer;
}

const ALONE: readonly Sides[] = PEERS.map((peer) => ({ who: peer.name, peer }));
const MIXED: readonly Sides[] = PEERS.flatMap((peer) =>
  PEERS.filter((other) => other !== peer).map(({ name, client, engineClient }) => ({
    who: `${peer.name} and a client of ${name}`,
    peer: { ...peer, client, engineClient },
  })),
);

/** Cases with clients: the peers, and each with the clients of the other. */
export function compare(title: string, cases: readonly Case[]): void {
  run(title, cases, [...ALONE, ...MIXED]);
}

/** Cases without clients. */
export function compareAlone(title: string, cases: readonly Case[]): void {
  run(title, cases, ALONE);
}

function run(title: string, cases: readonly Case[], sides: readonly Sides[]): void {
  describe.each(sides)(`${title}: $who`, ({ peer }) => {
    for (const [what, act, seen, differs] of cases) {
      test(what, async () => {
        const expected = peer.name === "everwire" && differs !== undefined ? differs.here : seen;
        expect(await act(new Rig(peer))).toEqual(expected);
      });
    }
  });
}
