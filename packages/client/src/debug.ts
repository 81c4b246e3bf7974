// `@everwire/client/debug`: the package with its trace at hand, which prints what `localStorage.debug` or DEBUG asks for, such as
// `everwire:*`, and nothing otherwise. Imported in the place of the package, beside it, or before the program (`node --import`).
import { traceBySetting } from "./trace-setting.js";

traceBySetting();

// eslint-disable-next-line no-restricted-imports -- this is the index, with one setting made
export * from "./index.js";
// eslint-disable-next-line no-restricted-imports -- as above
export { default } from "./index.js";
