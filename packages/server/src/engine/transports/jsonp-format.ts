// JSONP: long-polling for pages that may neither open a WebSocket nor read a request to another origin. A poll's answer is a script
// that calls a function of the page, a POST is a form with the payload in its field `d`. Chosen by the engine server for a session
// that was opened with `j` in the query, where that is allowed.
import { parse } from "node:querystring";
import type { PayloadFormat } from "./payload-format.js";

/** Characters of JSON that end a line of a script (before ES2019), or could end the script itself where it is taken for a page. */
const UNSAFE = /[\u2028\u2029<]/g;

/** A form may turn a line break into two characters, so clients write `\n` for it, and `\\n` for what was `\n` before. */
const ESCAPED_BREAK = /(\\?)\\n/g;

/** The index of the page's function, as the client named it; undefined if that holds no digit. */
export function jsonpIndex(j: string | string[] | undefined): string | undefined {
  const digits = String(j ?? "").replace(/[^0-9]/g, "");
  return digits === "" ? undefined : digits;
}

/** Of an answer that is a script: one that is declared as something else does not run under `nosniff`; without that, anything might be run. */
export const JSONP_HEADERS = {
  "Content-Type": "text/javascript; charset=UTF-8",
  "X-Content-Type-Options": "nosniff",
} as const;

/** A script that gives JSON to the page's function. The comment in front keeps it from being the beginning of another format. */
export function toJsonpScript(index: string, json: string): string {
  const safe = json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `/**/___eio[${index}](${safe});`;
}

/** @param inner the format of the payload itself: one that gives text only. */
export function jsonpFormat(index: string, inner: PayloadFormat): PayloadFormat {
  return {
    textType: JSONP_HEADERS["Content-Type"],
    headers: { "X-Content-Type-Options": JSONP_HEADERS["X-Content-Type-Options"] },
    takesBinary: false,
    encode: (packets) => toJsonpScript(index, JSON.stringify(inner.encode(packets))),
    decode: (body) => inner.decode(Buffer.from(readForm(body)), false),
  };
}

/** The field `d`, or nothing, which is no payload in either revision. */
function readForm(body: Buffer): string {
  const { d } = parse(body.toString("utf8"));
  if (typeof d !== "string") return "";
  return d.replace(ESCAPED_BREAK, (_match, escape: string) => (escape === "" ? "\n" : "\\n"));
}
