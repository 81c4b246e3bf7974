// Opens a page in KHTML, through the program of khtml-program.mjs. A D-Bus session of its own: KDE's input and output ask for one.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHelper } from "./helper-process.mjs";
import { khtmlProgram } from "./khtml-program.mjs";

export async function openInKhtml(url, { pre } = {}) {
  const program = khtmlProgram();
  const prepare = (home) => {
    if (pre === undefined) return ["--", program, url];
    const file = join(home, "pre.js");
    writeFileSync(file, pre);
    return ["--", program, url, file];
  };
  const helper = await startHelper("dbus-run-session", prepare, { QT_QPA_PLATFORM: "offscreen" });
  return { screenshot: (path) => helper.ask(`shot ${path}`), close: helper.close };
}
