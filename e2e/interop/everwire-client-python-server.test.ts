// Our client against a server in another language.
import * as client from "@everwire/client";
import { jsClient } from "./support/js-client.js";
import type { ClientModule } from "./support/js-modules.js";
import { pythonServer } from "./support/python-server.js";
import { runSuite } from "./support/suite.js";

runSuite(jsClient("everwire client", client as unknown as ClientModule), pythonServer());
