// What the script tag of the legacy bundle gets: the same as the usual one, and the functions that its syntax is made of. Rolled up to
// dist/bundle/everwire.legacy.js.
import "./es5-helpers.js";

export { default } from "../bundle/umd.js";
