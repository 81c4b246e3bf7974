// The one trace hook of the client: whoever sets it sees the state changes and packets of every Manager and Socket, and of the sessions,
// transports and upgrades below them.
// Unset, as it is by default, a trace point costs the test of one variable.

/**
 * `subject` is what happened: "manager", "socket", "session", "transport", "upgrade" (a new state), "send", "receive" (a packet), "wire"
 * (a packet of the engine). `details` are its data in no fixed form: for eyes, not for programs.
 */
export type TraceHook = (subject: string, ...details: unknown[]) => void;

export let trace: TraceHook | undefined;

/** Sets the hook, or removes it when called without one. */
export function setTrace(hook?: TraceHook): void {
  trace = hook;
}
