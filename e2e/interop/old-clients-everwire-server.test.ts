// Clients of Socket.IO 1, 2 and 3 on our server, with `allowEIO3`.
import * as server from "@everwire/server";
import type { ServerModule } from "./support/js-modules.js";
import { runOldClients } from "./support/old-suite.js";

runOldClients("everwire server", server as unknown as ServerModule);
