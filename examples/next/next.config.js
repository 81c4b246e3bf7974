// Build output goes to a folder that is ignored here; the root is where the packages are installed.
import { join } from "node:path";

export default {
  distDir: ".cache/next",
  turbopack: { root: join(import.meta.dirname, "..", "..") },
};
