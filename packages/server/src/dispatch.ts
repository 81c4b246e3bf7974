// The queue between decoding and users' listeners. What a connection decodes is handed on in a later tick, so that a
// listener never runs inside the parser or the transport; all connections share one queue, drained once a turn, since a
// process.nextTick for each packet would cost as much as decoding it.

/** Takes what it queued, in order. */
export interface DispatchTarget {
  onDispatch(item: unknown): void;
}

const targets: DispatchTarget[] = [];
const items: unknown[] = [];
let isScheduled = false;

/** Hands `item` to `target` in a later tick of this turn, behind everything queued before. */
export function dispatchLater(target: DispatchTarget, item: unknown): void {
  targets.push(target);
  items.push(item);
  if (isScheduled) return;
  isScheduled = true;
  process.nextTick(drain);
}

function drain(): void {
  let index = 0;
  try {
    // The list may grow meanwhile.
    for (; index < targets.length; index++) targets[index]?.onDispatch(items[index]);
  } finally {
    if (index >= targets.length) {
      targets.length = 0;
      items.length = 0;
      isScheduled = false;
    } else {
      // Targets contain what users throw; should one throw itself, the rest of the queue is not its price.
      targets.splice(0, index + 1);
      items.splice(0, index + 1);
      process.nextTick(drain);
    }
  }
}
