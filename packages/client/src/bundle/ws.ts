// The client for WebSocket alone, in one file: sockets, acknowledgements, reconnection and resume. Rolled up to
// dist/bundle/everwire.ws.esm.js, with ws-transports.ts in the place of the registry.
import { io } from "../lookup.js";

export default io;
export { io, io as connect };
export { EverwireError, protocol } from "@everwire/protocol";
export { ConnectError, TransportError } from "../errors.js";
export { Manager } from "../manager.js";
export { Socket } from "../socket.js";
export { setTrace } from "../trace.js";
