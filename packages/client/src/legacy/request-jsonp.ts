// One request by JSONP: reading is a script, writing a form that goes into a hidden frame. What it makes in the page it takes away again.
// A page learns little of how they end: a script that fails says so, a form of another origin does not. One such port a transport.
import type { AbortRequest, PollRequest, RequestPort } from "../engine/ports.js";
import { JsonpSlot } from "./jsonp-slot.js";

let frames = 0;

export class JsonpPort implements RequestPort {
  readonly readError = "jsonp poll error";
  readonly writeError = "jsonp post error";
  readonly #slot = new JsonpSlot();

  get index(): number {
    return this.#slot.index;
  }

  request(request: PollRequest): AbortRequest {
    return request.body === undefined ? this.#read(request) : write(request, request.body);
  }

  release(): void {
    this.#slot.release();
  }

  #read({ uri, onLoad, onError }: PollRequest): AbortRequest {
    const slot = this.#slot;
    const script = document.createElement("script");
    let isOver = false;
    const end = (report: () => void) => (): void => {
      if (isOver) return;
      isOver = true;
      remove(script);
      slot.release();
      report();
    };
    const fail = (event: unknown): void => end(() => onError(0, event))();
    slot.hold();
    slot.onPayload = (payload) => end(() => onLoad(payload))();
    // A script that brings nothing is none of the server's.
    script.onload = script.onerror = fail;
    script.async = true;
    script.src = uri;
    append(script);
    // It can't be called back: the function has to stay for it.
    return () => (slot.onPayload = end(() => undefined));
  }
}

function write({ uri, onLoad, onError }: PollRequest, body: string): AbortRequest {
  const form = document.createElement("form");
  const field = document.createElement("input");
  const frame = document.createElement("iframe");
  const end = (): void => {
    frame.onload = null;
    remove(frame);
    remove(form);
  };
  frame.name = form.target = `everwire${String(frames++)}`;
  frame.style.display = form.style.display = "none";
  form.method = "POST";
  form.action = uri;
  form.acceptCharset = "utf-8";
  field.name = "d";
  // A form has its own idea of line breaks: they travel as `\n`, and what looks like one as `\\n`.
  field.value = body.replace(/\\n/g, "\\\n").replace(/\n/g, "\\n");
  form.appendChild(field);
  append(frame);
  append(form);
  form.submit();
  frame.onload = () => {
    const answer = textOf(frame);
    // Before the form has begun to leave.
    if (answer === "") return;
    // Later: a frame must not go while it is told of its load.
    setTimeout(end, 0);
    if (answer === undefined || answer === "ok") onLoad("");
    else onError(0, answer);
  };
  return end;
}

/** What is in a frame; undefined for a page of another origin. */
function textOf(frame: HTMLIFrameElement): string | undefined {
  try {
    const { body } = (frame.contentWindow as Window).document;
    return body.textContent;
  } catch {
    return undefined;
  }
}

function append(element: HTMLElement): void {
  document.documentElement.appendChild(element);
}

function remove(element: HTMLElement): void {
  element.parentNode?.removeChild(element);
}
