// The timers of one session: native ones captured at load time when the user asks for them (`useNativeTimers`), else
// those that are global when the session is made, which test frameworks may have replaced. Used by everything with a deadline.
import { globalScope, nativeClearTimeout, nativeSetTimeout } from "#platform";

export type Timer = unknown;

export interface TimerFunctions {
  setTimeoutFn: (callback: () => void, delayMs: number) => Timer;
  clearTimeoutFn: (timer: Timer) => void;
}

/** Puts `setTimeoutFn` and `clearTimeoutFn` on `target` and returns it. */
export function installTimerFunctions<T extends object>(
  target: T,
  options: { useNativeTimers?: boolean; autoUnref?: boolean },
): T & TimerFunctions {
  const set = options.useNativeTimers ? nativeSetTimeout : globalScope.setTimeout;
  const clear = options.useNativeTimers ? nativeClearTimeout : globalScope.clearTimeout;
  return Object.assign(target, {
    // Called on the global object: browsers refuse any other receiver.
    setTimeoutFn: (callback: () => void, delayMs: number): Timer => {
      const timer = set.call(globalScope, callback, delayMs) as { unref?(): void };
      if (options.autoUnref) timer.unref?.();
      return timer;
    },
    clearTimeoutFn: (timer: Timer): void => {
      clear.call(globalScope, timer as number);
    },
  });
}
