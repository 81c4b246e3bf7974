// @socket.io/cluster-adapter: the processes are workers of one node:cluster, and its primary is the broker.
import { describeAdapter } from "./support/suite.js";
import { createClusterLauncher } from "./support/worker-port.js";

describeAdapter({ title: "cluster-adapter", adapter: "node-cluster", launcher: createClusterLauncher });
