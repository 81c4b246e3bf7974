// Where engines are: what an environment variable names, or one of a few well-known places.
import { existsSync } from "node:fs";

/** The path of a program: `variable` of the environment, else the first of `places` that exists. */
export function findProgram(variable, places) {
  return process.env[variable] ?? places.find((path) => existsSync(path));
}

/** What an engine's `find()` says: undefined when all of these are there. `hint`: how to get them. */
export function whatIsMissing(programs, hint) {
  return programs.every((program) => program !== undefined && existsSync(program)) ? undefined : hint;
}
