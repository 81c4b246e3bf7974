import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EverwireError } from "./errors.js";
import {
  MANAGER_STATES,
  SESSION_STATES,
  SOCKET_STATES,
  TRANSPORT_STATES,
  UPGRADE_STATES,
  canMove,
  transition,
} from "./states.js";
import type { TransitionTable } from "./states.js";

const TABLES: [string, TransitionTable, string][] = [
  ["transport", TRANSPORT_STATES, "opening"],
  ["session", SESSION_STATES, "opening"],
  ["upgrade", UPGRADE_STATES, "opening"],
  ["manager", MANAGER_STATES, "closed"],
  ["socket", SOCKET_STATES, "disconnected"],
];

describe.each(TABLES)("states of a %s", (_, table, start) => {
  const states = Object.keys(table);

  it("lead only to states of the table, each of which can be reached", () => {
    const reached = new Set([start]);
    for (const state of reached) for (const next of table[state] ?? []) reached.add(next);
    expect([...reached].sort()).toEqual(states.sort());
  });

  it("stay legal under random moves", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states)), (moves) => {
        let state = start;
        for (const next of moves) {
          const legal = table[state]?.includes(next) ?? false;
          expect(canMove(table, state, next)).toBe(legal);
          if (legal) {
            state = transition(table, state, next);
            expect(state).toBe(next);
          } else {
            expect(() => transition(table, state, next)).toThrow(EverwireError);
          }
        }
      }),
    );
  });
});

describe("transition", () => {
  it("names both states of an illegal step", () => {
    expect(() => transition(SESSION_STATES, "closed", "open")).toThrow(
      expect.objectContaining({
        code: "ERR_ILLEGAL_STATE",
        message: "failed to change state: no step leads from closed to open",
      }),
    );
  });

  it("knows no way out of a closed session, transport, or ended upgrade", () => {
    expect([SESSION_STATES.closed, TRANSPORT_STATES.closed, UPGRADE_STATES.upgraded, UPGRADE_STATES.failed]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});
