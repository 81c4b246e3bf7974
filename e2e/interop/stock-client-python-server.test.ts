// The control of the Python server: what fails here is a fault of python3-socketio or of the case, not ours.
import * as client from "socket.io-client";
import { jsClient } from "./support/js-client.js";
import type { ClientModule } from "./support/js-modules.js";
import { pythonServer } from "./support/python-server.js";
import { runSuite } from "./support/suite.js";

runSuite(jsClient("stock client", client as unknown as ClientModule), pythonServer());
