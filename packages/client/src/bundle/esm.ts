// The ES module bundle: the package, and in the readable twin the trace that `localStorage.debug` turns on.
import { traceBySetting } from "../trace-setting.js";

traceBySetting();

// eslint-disable-next-line no-restricted-imports -- the bundle is the index
export * from "../index.js";
// eslint-disable-next-line no-restricted-imports -- as above
export { default } from "../index.js";
