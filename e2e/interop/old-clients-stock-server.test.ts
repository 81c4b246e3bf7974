// The reference: what clients of Socket.IO 1, 2 and 3 have on the stock server.
import * as server from "socket.io";
import type { ServerModule } from "./support/js-modules.js";
import { runOldClients } from "./support/old-suite.js";

runOldClients("stock server", server as unknown as ServerModule);
