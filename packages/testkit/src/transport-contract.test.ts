import {
  clientBench,
  memoryClientBench,
  memoryServerBench,
  serverPollingBench,
  serverWebSocketBench,
} from "./transport-benches.js";
import { describeTransportContract } from "./transport-contract.js";
import { clientWebTransportBench, serverWebTransportBench } from "./webtransport-benches.js";

describeTransportContract("the memory pair's server half", memoryServerBench, { carriesBytes: false });
describeTransportContract("the memory pair's client half", memoryClientBench, { carriesBytes: false });
describeTransportContract("the server's polling", serverPollingBench);
describeTransportContract("the server's WebSocket", serverWebSocketBench);
describeTransportContract("the client's polling", () => clientBench("polling"));
describeTransportContract("the client's WebSocket", () => clientBench("websocket"));
describeTransportContract("the server's WebTransport, in memory", () => serverWebTransportBench());
describeTransportContract("the client's WebTransport, in memory", () => clientWebTransportBench());
