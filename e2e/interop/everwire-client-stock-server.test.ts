// Our client moves to a stock server by nothing but the address.
import * as client from "@everwire/client";
import * as server from "socket.io";
import { jsClient } from "./support/js-client.js";
import type { ClientModule, ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { runSuite } from "./support/suite.js";

runSuite(
  jsClient("everwire client", client as unknown as ClientModule),
  jsServer("stock server", server as unknown as ServerModule),
);
