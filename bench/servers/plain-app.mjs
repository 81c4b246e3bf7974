// The application of the servers that hand over texts and know no events: an echo, and broadcasts on request.
import { EVENTS, TEXT } from "../messages.mjs";

/** @param {string} text @param {(text: string) => void} send @param {(text: string) => void} broadcast */
export function answer(text, send, broadcast) {
  if (text === EVENTS.news) broadcast(TEXT);
  else if (text === EVENTS.burst) for (let index = 0; index < 8; index++) broadcast(TEXT);
  else send(text);
}
