// Runs one case of broken-cases.mjs after the other, told by its parent what to do, and tells what is reported. In a process of its own,
// so that an error which nobody catches really is the end of it. With `--list` it prints the cases.
import { createServer } from "node:http";
import { Server } from "@everwire/server";
import { cases } from "./broken-cases.mjs";

if (process.argv.includes("--list")) {
  // Functions are left out.
  console.log(JSON.stringify(cases));
  process.exit();
}

let io;

async function begin({ name, hasHook }) {
  const { options, setup } = cases.find((each) => each.name === name);
  const httpServer = createServer();
  io = new Server({ serveClient: false, ...options });
  if (hasHook)
    io.on("listener_error", (error, { kind, event = null, socket, namespace, session, request, args }) => {
      const has = {
        socket: socket?.id !== undefined,
        session: session?.id !== undefined,
        request: request?.url !== undefined,
      };
      process.send({
        report: { message: error?.message, kind, event, namespace: namespace?.name, args: args?.length, ...has },
      });
    });
  io.attach(httpServer);
  setup?.(io);
  io.on("connection", (socket) => socket.on("sync", (answer) => answer("synced")));
  await new Promise((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  process.send({ port: httpServer.address().port });
}

process.on("warning", ({ code, message }) => process.send({ warning: { code, message } }));
process.on("disconnect", () => process.exit());
process.on("message", async ({ command, ...rest }) => {
  if (command === "begin") await begin(rest);
  else if (command === "during") cases.find(({ name }) => name === rest.name).during?.(io);
  else if (command === "end") {
    await io.close();
    // Whatever was left behind to fail fails now.
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.send({ ended: true });
  }
});
