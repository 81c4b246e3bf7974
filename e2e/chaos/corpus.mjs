// The schedules that once failed, kept whole: what a seed makes changes when faults are added. Each run begins with them.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const CORPUS = fileURLToPath(new URL("corpus", import.meta.url));

export function readCorpus(folder = CORPUS) {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")).schedule);
}

/** Adds a schedule that failed, with the first thing that it found; once. */
export function addToCorpus(schedule, found, folder = CORPUS) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${String(schedule.seed).replace(/\W+/g, "-")}.json`);
  writeFileSync(file, `${JSON.stringify({ found, schedule }, undefined, 1)}\n`);
  return file;
}
