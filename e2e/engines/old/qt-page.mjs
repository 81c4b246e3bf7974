// Opens a page in an engine that Qt carries, through qt-page.py.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startHelper } from "./helper-process.mjs";
import { PYTHON } from "./programs.mjs";

const PROGRAM = fileURLToPath(new URL("qt-page.py", import.meta.url));

/** `engine` as qt-page.py calls it: webkit, webengine5 or webengine6. */
export async function openInQt(engine, url, { pre } = {}) {
  const helper = await startHelper(PYTHON, (home) => {
    const file = join(home, "pre.js");
    writeFileSync(file, pre ?? "");
    return [PROGRAM, engine, url, file];
  });
  return {
    // The other two have no view, which would want OpenGL.
    ...(engine === "webkit" ? { screenshot: (path) => helper.ask(`shot ${path}`) } : {}),
    close: helper.close,
  };
}
