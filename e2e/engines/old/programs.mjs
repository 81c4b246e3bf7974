// How the drivers of old engines look for what they run.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { spawnSync } from "node:child_process";

/** Debian's own: another python3 in front of it does not have Debian's modules. */
export const PYTHON = "/usr/bin/python3";

const onPath = (program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** What to say when one of `programs` is not on the path; undefined when all are. */
export function missingPrograms(programs, apt) {
  const missing = programs.filter((program) => !onPath(program));
  return missing.length === 0 ? undefined : `${missing.join(", ")}, of the apt packages ${apt}`;
}

/** The same for a file that a package brings. */
export const missingFile = (file, apt) => (existsSync(file) ? undefined : `${file}, of the apt package ${apt}`);

/** The same for a module of Debian's Python: looked for, not loaded, for an engine takes long to load. */
export function missingModule(module, apt) {
  const [parent] = module.split(".");
  const look = `import importlib.util as u, sys; sys.exit(not (u.find_spec("${parent}") and u.find_spec("${module}")))`;
  if (existsSync(PYTHON) && spawnSync(PYTHON, ["-c", look], { stdio: "ignore" }).status === 0) return undefined;
  return `the Python module ${module}, of the apt package ${apt}`;
}
