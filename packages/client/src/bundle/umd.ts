// What a script tag gets: the global `io`, callable, with the other names as its properties. Rolled up to
// dist/bundle/everwire.js, whose readable twin traces what `localStorage.debug` asks for.
import { protocol } from "@everwire/protocol";
import "../engine/register-every.js";
import { io } from "../lookup.js";
import { setTrace } from "../trace.js";
import { traceBySetting } from "../trace-setting.js";

traceBySetting();

export default Object.assign(io, { protocol, setTrace });
