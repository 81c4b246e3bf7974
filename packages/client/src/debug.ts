// `@everwire/client/debug`: the package with its trace on. What managers and sockets do, and every packet, is printed to the console at
// the level "debug" ("Verbose" in Chromium). Imported in the place of the package while a fault is looked for.
// eslint-disable-next-line no-restricted-imports -- this is the index, with one setting made
import { setTrace } from "./index.js";

setTrace((subject, ...details) => {
  // eslint-disable-next-line no-console -- what this entry is for
  console.debug(`everwire:${subject}`, ...details);
});

// eslint-disable-next-line no-restricted-imports -- as above
export * from "./index.js";
// eslint-disable-next-line no-restricted-imports -- as above
export { default } from "./index.js";
