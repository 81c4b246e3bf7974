// The queue between decoding and users' listeners. What a connection decodes is handed on in a later tick, so that a
// listener never runs inside the parser or the transport; all connections share one queue, drained once a turn, since a
// process.nextTick for each packet would cost as much as decoding it.

/** Takes what it queued, in order. */
export interface DispatchTarget {
  onDispatch(item: unknown): void;
}

/**
 * Targets and items in turn. The list keeps its memory from turn to turn, which spares 400 bytes a message where one comes at a time; `end`
 * says how much of it is in use.
 */
const queue: unknown[] = [];
let next = 0;
let end = 0;
let isScheduled = false;

/** A list that a burst has made longer than this is let go after it. */
const MAX_KEPT_ENTRIES = 4_096;

/** Hands `item` to `target` in a later tick of this turn, behind everything queued before. */
export function dispatchLater(target: DispatchTarget, item: unknown): void {
  queue[end++] = target;
  queue[end++] = item;
  if (isScheduled) return;
  isScheduled = true;
  process.nextTick(drain);
}

function drain(): void {
  try {
    // The list may grow meanwhile.
    while (next < end) {
      const target = queue[next] as DispatchTarget;
      const item = queue[next + 1];
      // Nothing is held on to that was handed over.
      queue[next] = queue[next + 1] = undefined;
      next += 2;
      target.onDispatch(item);
    }
  } finally {
    if (next < end) {
      // Targets contain what users throw; should one throw itself, the rest of the queue is not its price.
      process.nextTick(drain);
    } else {
      next = end = 0;
      if (queue.length > MAX_KEPT_ENTRIES) queue.length = 0;
      isScheduled = false;
    }
  }
}
