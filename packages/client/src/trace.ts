// The one trace hook of the client: whoever sets it sees state changes and packets of every Manager and Socket.
// Unset, as it is by default, a trace point costs the test of one variable.

/** `subject` is what happened ("manager", "socket", "send", "receive"), `details` its data in no fixed form. For eyes, not for programs. */
export type TraceHook = (subject: string, ...details: unknown[]) => void;

export let trace: TraceHook | undefined;

/** Sets the hook, or removes it when called without one. */
export function setTrace(hook?: TraceHook): void {
  trace = hook;
}
