"use client";
// Public surface of @everwire/react. The hooks hold no wire of their own: a socket is the client's, and every hook takes one.
export { useConnection } from "./use-connection.js";
export type { Connection, ConnectionStatus } from "./connection-watch.js";
export { useEmit } from "./use-emit.js";
export type { EmitOptions, EmitState } from "./use-emit.js";
export { SocketProvider } from "./socket-context.js";
export type { SocketProviderProps } from "./socket-context.js";
export { useSocket } from "./use-socket.js";
export { useSocketEvent, useSocketValue } from "./use-socket-event.js";
