// What every transport owes the layer above, for WebTransport over real sessions: the server's half facing a client by hand, and the
// client's half facing a server by hand.
import {
  clientWebTransportBench,
  describeTransportContract,
  serverWebTransportBench,
} from "@everwire/testkit/contracts";
import type { WebTransportHalf, WebTransportWire } from "@everwire/testkit/contracts";
import { deferred, startFaultProxy, within } from "@everwire/testkit";
import { openSession } from "../support/webtransport.js";
import { startWebTransport } from "../support/webtransport-server.js";

async function realWire(): Promise<WebTransportWire> {
  const accepted = deferred<WebTransportHalf>();
  const sessions = await startWebTransport(
    { onWebTransportSession: (session) => accepted.resolve(session) },
    "/engine.io/",
  );
  const proxy = await startFaultProxy(sessions.port);
  const client = openSession(`https://127.0.0.1:${proxy.port}/engine.io/`);
  await within(client.ready, "a ready session");
  return {
    client,
    server: await within(accepted.promise, "the session on the server"),
    break: () => proxy.cut(),
    // The library takes in whatever comes, read or not.
    hold: () => proxy.freeze(),
    release: () => proxy.thaw(),
    slack: 1_000,
    dispose: async () => {
      sessions.close();
      await proxy.close();
    },
  };
}

describeTransportContract("the server's WebTransport", () => serverWebTransportBench(realWire));
describeTransportContract("the client's WebTransport", () => clientWebTransportBench(realWire));
