// The pages that every site serves: empty ones, with the client as a module, as a script, or in a worker. What happens in
// them is written in the specs, through `page.evaluate`.
import { BUNDLES } from "./peer.js";

interface Served {
  readonly type: string;
  readonly body: string;
}

const html = (title: string, body: string): Served => ({
  type: "text/html; charset=utf-8",
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">${body}</html>`,
});

const script = (body: string): Served => ({ type: "text/javascript; charset=utf-8", body });

/**
 * In a worker: connects as it is told, and answers the page's calls with what the server acknowledged. `client` is the module,
 * or an object with `io` alone.
 */
const WORKER = `
  let socket;
  addEventListener("message", async ({ data: { connect, emit } }) => {
    try {
      if (connect) {
        socket = client.io(connect.uri, connect.options);
        await new Promise((resolve, reject) => { socket.once("connect", resolve); socket.once("connect_error", reject); });
        if (connect.settled)
          while (socket.io.engine.transport.name !== connect.settled) await new Promise((resolve) => setTimeout(resolve, 5));
        postMessage({ result: socket.io.engine.transport.name });
      } else postMessage({ result: await socket.timeout(5000).emitWithAck(...emit) });
    } catch (error) {
      postMessage({ error: String(error) });
    }
  });
  postMessage({ result: "ready" });
`;

export const PAGES: ReadonlyMap<string, Served> = new Map([
  ["/blank", html("blank", "")],
  [
    "/esm",
    html(
      "esm",
      `<script type="module">
        import * as client from "/socket.io/${BUNDLES.esm}";
        const transportsOf = (names) => names.map((name) => client[name] ?? name);
        Object.assign(globalThis, { client, io: client.io, transportsOf, ready: true });
      </script>`,
    ),
  ],
  [
    "/umd",
    html(
      "umd",
      `<script src="/socket.io/${BUNDLES.umd}"></script><script>transportsOf = (names) => names; ready = true;</script>`,
    ),
  ],
  // A frame that may run scripts and nothing else: its origin is opaque, `null` on the wire.
  ["/sandbox", html("sandbox", `<iframe sandbox="allow-scripts" src="/umd"></iframe><script>ready = true;</script>`)],
  ["/worker-module.js", script(`import * as client from "/socket.io/${BUNDLES.esm}";${WORKER}`)],
  ["/worker-classic.js", script(`importScripts("/socket.io/${BUNDLES.umd}"); const client = { io };${WORKER}`)],
]);
