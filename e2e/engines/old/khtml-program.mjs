// The program around KHTML (khtml/main.cpp): compiled at need into `.cache/engines/khtml`, anew when its source has changed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE } from "./chromium-binary.mjs";

const SOURCE = fileURLToPath(new URL("khtml", import.meta.url));
const BUILD = join(CACHE, "khtml");
const PROGRAM = join(BUILD, "khtml-page");
const BUILD_FILES = ["CMakeLists.txt", "main.cpp"];

const changedAt = (file) => statSync(file).mtimeMs;
const isFresh = () =>
  existsSync(PROGRAM) && BUILD_FILES.every((file) => changedAt(join(SOURCE, file)) < changedAt(PROGRAM));

/** The path of the program. Throws with the compiler's words where it does not build. */
export function khtmlProgram() {
  if (isFresh()) return PROGRAM;
  mkdirSync(BUILD, { recursive: true });
  console.log("compiling the program around KHTML into .cache/engines/khtml");
  for (const args of [
    ["-S", SOURCE, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release"],
    ["--build", BUILD],
  ]) {
    const { status, stdout, stderr } = spawnSync("cmake", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`failed to compile ${SOURCE}: cmake ended with ${status}\n${stdout}${stderr}`);
  }
  return PROGRAM;
}
