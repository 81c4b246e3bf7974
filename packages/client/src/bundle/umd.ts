// What a script tag gets: the global `io`, callable, with the other names as its properties. Rolled up to
// dist/bundle/everwire.js; the ES module bundle is index.ts itself.
import { protocol } from "@everwire/protocol";
import "../engine/register-every.js";
import { io } from "../lookup.js";
import { setTrace } from "../trace.js";

export default Object.assign(io, { protocol, setTrace });
