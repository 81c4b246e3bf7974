// The contract suites, for vitest: each describes what every implementation of one port owes.
export * from "./adapter-contract.js";
export * from "./fake-namespace.js";
export * from "./memory-transport-pair.js";
export * from "./transport-contract.js";
export * from "./transport-port.js";
export * from "./webtransport-benches.js";
