// A schedule that failed comes back whole from the corpus, and a seed always makes the same one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { addToCorpus, readCorpus } from "./corpus.mjs";
import { FAULT_NAMES, makeSchedule } from "./schedule.mjs";

it("a seed makes the same schedule each time", () => {
  for (let seed = 0; seed < 50; seed += 1) expect(makeSchedule(seed)).toEqual(makeSchedule(seed));
});

it("every kind of fault comes up within a few hundred seeds", () => {
  const kinds = new Set();
  for (let seed = 0; seed < 300; seed += 1) for (const { kind } of makeSchedule(seed).faults) kinds.add(kind);
  expect([...kinds].sort()).toEqual([...FAULT_NAMES].sort());
});

it("what failed is replayed as it was, once, and a second failure of it changes nothing", () => {
  const folder = mkdtempSync(join(tmpdir(), "everwire-corpus-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(readCorpus(folder)).toEqual([]);
  const schedules = [makeSchedule(11), makeSchedule(12)];
  for (const schedule of [...schedules, schedules[0]]) addToCorpus(schedule, "lost", folder);
  expect(readCorpus(folder)).toEqual(schedules);
});
