// Applications that fail, one a case: each place where the server calls users' code, and how it fails there. What the test does to it
// (`act`) and sees is data, which error-boundary.test.ts reads; `setup` and `options` run in broken-application.mjs.
//   act: "ask" emits m and waits for the answer, "say" emits m, "join" connects, "leave" connects and goes, "refused" connects in vain,
//        "break" connects with a session that can be resumed, loses the line and comes back, "overflow" connects and is cut,
//        "return" comes with a session to recover, "request" asks for a session over polling, "poll" gets one, "upgrade" moves it up.
//   report: kind and event of what listener_error is told; none: nothing must be reported.
import { cases as adapters } from "./broken-adapters.mjs";
import { cases as engine } from "./broken-engine.mjs";
import { cases as sockets } from "./broken-sockets.mjs";

export const cases = [...sockets, ...engine, ...adapters];
