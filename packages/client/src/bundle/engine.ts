// What the engine's script tag gets: the global `eio`, which opens a session when it is called, with the other names of the engine as its
// properties. Rolled up to dist/bundle/everwire.engine.min.js.
import * as engine from "../engine/index.js";

function eio(...args: ConstructorParameters<typeof engine.Socket>): engine.Socket {
  return new engine.Socket(...args);
}

export default Object.assign(eio, engine);
