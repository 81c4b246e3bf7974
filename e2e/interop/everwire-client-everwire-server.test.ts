// Both sides ours, held to the same table: what interop demands is what our own users get.
import * as client from "@everwire/client";
import * as server from "@everwire/server";
import { jsClient } from "./support/js-client.js";
import type { ClientModule, ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { runSuite } from "./support/suite.js";

runSuite(
  jsClient("everwire client", client as unknown as ClientModule),
  jsServer("everwire server", server as unknown as ServerModule),
);
