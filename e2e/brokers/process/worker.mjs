// One server process: ours, or the stock server, with a published adapter that has connections of its own to the broker. The test
// sends it functions to run on its server (support/worker-port.ts) and is told of every error that came up anywhere.
// It ends when its channel does, so that it never outlives the test.
import { createServer } from "node:http";
import { createAdapter } from "./adapters.mjs";

const send = (message) => process.connected && process.send({ brokers: message });
// With its stack: nobody can look for it here.
const note = (kind, error) => send({ note: { kind, message: describe(error) } });
const describe = (error) => (error instanceof Error ? `${error.stack} ${error.code ?? ""}` : String(error));

process.on("unhandledRejection", (error) => note("unhandledRejection", error));
process.on("uncaughtException", (error) => note("uncaughtException", error));
process.on("warning", (warning) => note("warning", warning));
process.once("disconnect", () => process.exit());
// It may have gone while this file was loaded.
if (!process.connected) process.exit();

const setup = JSON.parse(process.env.EVERWIRE_BROKERS_SETUP);
const { Server } = await import(setup.server);
const adapter = await createAdapter(setup, (error) => note("broker", error));

const httpServer = createServer();
const recovery = setup.recovery ? { connectionStateRecovery: {} } : {};
const io = new Server(httpServer, { adapter, ...recovery, pingInterval: 2_000, pingTimeout: 2_000 });
if (setup.server.includes("everwire")) io.on("listener_error", (error) => note("listener_error", error));
io.on("connection", (socket) => {
  if (!socket.recovered) socket.data = { pid: process.pid };
});

process.on("message", async (message) => {
  const asked = message?.brokers;
  if (asked === undefined) return;
  try {
    // Written in a test of this repository, and sent as text: like a browser's page.evaluate().
    const run = new Function(`return (${asked.source})`)();
    send({ id: asked.id, result: await run(io, ...asked.args) });
  } catch (error) {
    send({ id: asked.id, error: error instanceof Error ? error.message : String(error) });
  }
});

// Each worker of a node:cluster has a port of its own too: the tests choose whom they talk to.
httpServer.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => {
  send({ ready: { pid: process.pid, port: httpServer.address().port } });
});
