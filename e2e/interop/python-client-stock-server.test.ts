// The control of the Python client: what fails here is a fault of python3-socketio or of the case, not ours.
import * as server from "socket.io";
import type { ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { pythonClient } from "./support/python-client.js";
import { runSuite } from "./support/suite.js";

runSuite(pythonClient(), jsServer("stock server", server as unknown as ServerModule));
