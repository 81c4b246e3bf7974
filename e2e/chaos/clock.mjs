// The clock of a process, which can be made to jump as a user's does: by a time server, by hand, by waking up. Imported before
// whatever reads the time; timers are not affected, as on any system.

const dateNow = Date.now.bind(Date);
const performanceNow = performance.now.bind(performance);
let skewMs = 0;

Date.now = () => dateNow() + skewMs;
performance.now = () => performanceNow() + skewMs;

/** The time that goes on evenly. */
export const steadyNow = performanceNow;

/** Forward, or backward if negative; `hasMonotonic`: with that clock too which never should. */
export function jump(ms, hasMonotonic) {
  skewMs += ms;
  if (!hasMonotonic) performance.now = performanceNow;
}

/** Keeps the event loop busy. */
export function stall(ms) {
  const end = steadyNow() + ms;
  while (steadyNow() < end);
}
