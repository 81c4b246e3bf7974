// What the shared worker's script does; rolled up to dist/bundle/everwire.shared.js, which pages name to their browser.
import "../engine/register-every.js";
import { Hub } from "../shared/hub.js";

const hub = new Hub();

globalThis.addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port) hub.add(port);
});
