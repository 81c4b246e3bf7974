// A client in another language against our server.
import * as server from "@everwire/server";
import type { ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { pythonClient } from "./support/python-client.js";
import { runSuite } from "./support/suite.js";

runSuite(pythonClient(), jsServer("everwire server", server as unknown as ServerModule));
