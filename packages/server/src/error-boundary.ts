// The one hook for what users' code throws (docs/decisions/error-boundary.md): every listener, middleware and ack callback of the
// socket layer is called through here, and what fails in the engine below or in an adapter beside is handed on to it. Its errors go to
// `io.on("listener_error")`.
import type { EngineCodeKind, EngineErrorContext } from "./engine/user-code.js";
import { UserCode } from "./engine/user-code.js";
import type { AnyNamespace, AnySocket } from "./types.js";

/** What kind of user code failed. */
export type ListenerKind =
  "listener" | "catch-all" | "middleware" | "packet-middleware" | "ack" | "namespace" | "adapter" | EngineCodeKind;

/** Where an error came from; second argument of `listener_error`. */
export interface ListenerErrorContext extends Omit<EngineErrorContext, "kind"> {
  kind: ListenerKind;
  /** Event whose listener, middleware or ack it was; of an `option` its name. */
  event?: string | undefined;
  socket?: AnySocket | undefined;
  namespace?: AnyNamespace | undefined;
}

export class ErrorBoundary extends UserCode<ListenerErrorContext> {}
