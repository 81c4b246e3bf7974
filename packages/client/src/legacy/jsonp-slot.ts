// The place where scripts of the server find the page: a function in the list `___eio`, which other clients of the page may use too.
// It is there as long as a transport, or a script that was given up and may still run, needs it; the last of a list takes the list along.

type Callback = (payload: string) => void;

const page = globalThis as { ___eio?: (Callback | undefined)[] | undefined };

export class JsonpSlot {
  /** The index that the server calls. */
  readonly index: number;
  /** What the scripts bring goes there. */
  onPayload: Callback | undefined;
  #users = 1;

  constructor() {
    const list = (page.___eio ??= []);
    this.index = list.push((payload) => this.onPayload?.(payload)) - 1;
  }

  /** A script is on its way. */
  hold(): void {
    this.#users++;
  }

  /** A script has run, or failed, or the transport is closed. */
  release(): void {
    const list = page.___eio;
    if (--this.#users || !list) return;
    list[this.index] = undefined;
    while (list.length && !list[list.length - 1]) list.pop();
    if (list.length) return;
    page.___eio = undefined;
    delete page.___eio;
  }
}
