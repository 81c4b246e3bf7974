// All that the registry can have. In the bundles of everything this file is the registry.
import { globalScope } from "#platform";

export { transports } from "./transports/index.js";
export { Upgrade } from "./upgrade.js";

/** Not everywhere is there a WebTransport: who does not ask for it by name is spared an attempt that must fail. */
export function defaultNames(): string[] {
  return ["polling", "websocket"].concat("WebTransport" in globalScope ? "webtransport" : []);
}
