// The suite's own control: the reference implementation against itself. A case that fails here is wrong about the protocol.
import * as client from "socket.io-client";
import * as server from "socket.io";
import { jsClient } from "./support/js-client.js";
import type { ClientModule, ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { runSuite } from "./support/suite.js";

runSuite(
  jsClient("stock client", client as unknown as ClientModule),
  jsServer("stock server", server as unknown as ServerModule),
);
