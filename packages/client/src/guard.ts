// The error boundary of user code: a listener or callback that throws must not unwind the layer that called it, nor keep
// the next packet from its listener. The error surfaces as any uncaught one does, on a later tick. Used by Manager and Socket.

/** Calls `callback`; what it throws is rethrown from a timer, where `window.onerror` or `uncaughtException` sees it. */
export function guard(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
