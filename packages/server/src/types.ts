// Names for the generic classes where their type parameters don't matter: inside the package, one layer calling another.
/* eslint-disable @typescript-eslint/no-explicit-any -- that is the point: any event map fits */
import type { BroadcastOperator } from "./broadcast.js";
import type { ParentNamespace } from "./dynamic-namespace.js";
import type { Namespace } from "./namespace.js";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";

export type AnyServer = Server<any, any, any>;
export type AnyParentNamespace = ParentNamespace<any, any, any>;
export type AnyNamespace = Namespace<any, any, any>;
export type AnySocket = Socket<any, any, any>;
export type AnyBroadcastOperator = BroadcastOperator<any, any>;

/** Any function of a user: what it is called with is its own affair. */
export type AnyListener = (...args: any[]) => unknown;
