// The whole list of cases once more with MessagePack on the wire: our parser on one side or both, the stock one on the other.
import * as everwireClient from "@everwire/client";
import everwireParser from "@everwire/parser-msgpack";
import * as everwireServer from "@everwire/server";
import * as stockServer from "socket.io";
import * as stockClient from "socket.io-client";
import * as stockParser from "socket.io-msgpack-parser";
import { jsClient } from "./support/js-client.js";
import type { ClientModule, ServerModule } from "./support/js-modules.js";
import { jsServer } from "./support/js-server.js";
import { runSuite } from "./support/suite.js";
import { clientWithParser, serverWithParser } from "./support/with-parser.js";

const ourClient = clientWithParser(everwireClient as unknown as ClientModule, everwireParser);
const ourServer = serverWithParser(everwireServer as unknown as ServerModule, everwireParser);
const theirClient = clientWithParser(stockClient as unknown as ClientModule, stockParser);
const theirServer = serverWithParser(stockServer as unknown as ServerModule, stockParser);

/** The stock parser writes large whole numbers as integers of 64 bits, which they do not fit into, and of a view the whole buffer. */
const NUMBERS = "delivers numbers both ways";
const VIEWS = ["a view", "a DataView"].map((view) => `delivers ${view} on a part of a buffer from the`);

runSuite(jsClient("everwire client, msgpack", ourClient), jsServer("everwire server, msgpack", ourServer));
runSuite(jsClient("everwire client, msgpack", ourClient), jsServer("stock server, msgpack", theirServer), [
  NUMBERS,
  ...VIEWS.map((title) => `${title} server`),
]);
runSuite(jsClient("stock client, msgpack", theirClient), jsServer("everwire server, msgpack", ourServer), [
  NUMBERS,
  ...VIEWS.map((title) => `${title} client and back`),
]);
