// What a driver gives: one file in drivers/ for a family of engines, which exports `engines`, a list of Engine. Read by run.mjs.
import { readdirSync } from "node:fs";

/**
 * @typedef {object} Engine
 * @property {string} id For `--only`: "chromium-64".
 * @property {string} name As the table calls it: "Chromium 64". An engine that is updated with its system has no number there.
 * @property {number} year When this version of the engine came out.
 * @property {"es2020" | "es2017" | "es5"} level What its parser takes.
 * @property {string[]} bundles Files that the server serves, each tried: "everwire.esm.min.js" (by `<script type="module">`),
 *   "everwire.min.js", "everwire.legacy.min.js".
 * @property {("polling" | "websocket" | "upgrade" | "jsonp")[]} transports Each tried with each bundle that has it.
 * @property {("page" | "worker" | "shared worker" | "service worker")[]} [contexts] Where the client runs; default a page alone.
 * @property {boolean} [hasModuleServiceWorkers] Whether a service worker may be a module; others take what `importScripts()` takes.
 * @property {string} [pre] A script that runs before the scripts of each page: takes away what an older engine lacks.
 * @property {Record<string, string>} [lacks] Features (names of FEATURES, or "feature@transport") that the driver can't put to this
 *   engine, and why, as the table says it: { https: "no way to accept a self-signed certificate" }. A page that can find out for
 *   itself what its engine lacks does so; this is for the rest.
 * @property {() => string | undefined} find What is missing to run it, as an error says it ("chromium, of the apt package chromium");
 *   undefined when all is there. Quick, and starts nothing.
 * @property {(url: string, options: { pre?: string }) => Promise<Tab>} open Loads the page, and returns as soon as it may be running.
 *   A self-signed certificate is accepted. Rejects when the engine does not start.
 * @property {() => Promise<void>} [stop] Ends the process that several `open()` share; called when the engine's runs are over.
 */

/**
 * A page in an engine.
 * @typedef {object} Tab
 * @property {() => Promise<void>} [leave] Leaves the page as its user would, by closing its tab or by going to another address. Without it
 *   the page goes by itself.
 * @property {(path: string) => Promise<void>} [screenshot] A PNG of what is shown.
 * @property {() => Promise<void>} close Ends the page, and the engine's process if nothing else uses it. After this nothing of it runs.
 */

/** The engines of all drivers, the newest first. */
export async function loadEngines() {
  const drivers = new URL("drivers/", import.meta.url);
  const files = readdirSync(drivers).filter((file) => file.endsWith(".mjs"));
  const modules = await Promise.all(files.map((file) => import(new URL(file, drivers).href)));
  /** @type {Engine[]} */
  const engines = modules.flatMap((module) => module.engines ?? []);
  return engines.sort((a, b) => b.year - a.year || (a.id < b.id ? -1 : 1));
}
