// A stock client moves to our server by nothing but the address.
import * as client from "socket.io-client";
import * as server from "@everwire/server";
import { jsClient } from "./support/js-client.js";
import type { ClientModule, ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { runSuite } from "./support/suite.js";

runSuite(
  jsClient("stock client", client as unknown as ClientModule),
  jsServer("everwire server", server as unknown as ServerModule),
);
