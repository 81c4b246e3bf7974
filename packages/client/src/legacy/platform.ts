// What old browsers offer: as engine/platform.ts, but for what they lack. Stands for `#platform` in the legacy bundle.
import { globalScope, listenToPage as listen } from "../engine/platform.js";
import { xhrPort } from "../engine/transports/request-xhr.js";

export * from "../engine/platform.js";

export const requestPort = xhrPort;

/** Runs `callback` after the current job, or after the current task where there are no jobs. */
export const nextTick: (callback: () => void) => void =
  typeof Promise === "function"
    ? (callback) => {
        void Promise.resolve().then(callback);
      }
    : (callback) => {
        setTimeout(callback, 0);
      };

/** Listens to an event of the page; call what it returns to stop. */
export const listenToPage: typeof listen = (event, listener) =>
  listen(event === "pagehide" && !("onpagehide" in globalScope) ? ("unload" as "pagehide") : event, listener);
