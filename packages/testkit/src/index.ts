// What tests of this repository share. The contract suites, which need vitest around them, are at `/contracts`.
export * from "./fault-proxy.js";
export * from "./http-request.js";
export * from "./inbox.js";
export * from "./memory-bus.js";
export * from "./raw-engine-client.js";
export * from "./raw-engine-server.js";
export * from "./raw-engine-url.js";
export * from "./raw-polling.js";
export * from "./raw-tcp.js";
export * from "./raw-websocket.js";
export * from "./self-signed.js";
export * from "./start-http-server.js";
export * from "./start-server.js";
export * from "./test-clock.js";
export type { Toxics } from "./toxics.js";
export * from "./wait.js";
export * from "./ws-frame.js";
