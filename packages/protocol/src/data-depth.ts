// How deep data may be nested, checked on the text before it is parsed.
// Parsing, walking and writing back use the stack in some engines: JSON.stringify gives up at a few thousand levels.
// Called by the packet reader; the encoder holds the same limit while it walks.

/** Levels of arrays and objects that a packet's data may have, in both directions. */
export const MAX_DATA_DEPTH = 1000;

const QUOTE = 34;
const BACKSLASH = 92;

/** Whether JSON text, from an offset on, opens more than `maxDepth` arrays and objects within each other. Linear, and no stack. */
export function isTooDeep(text: string, from: number, maxDepth: number): boolean {
  // Each level needs a character to open and one to close: most messages are done here.
  if (text.length - from <= 2 * maxDepth) return false;
  let depth = 0;
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
    } else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (code === 93 || code === 125) {
      depth -= 1;
    }
  }
  return false;
}

// Index of the quote that ends a string; long strings are skipped at the speed of indexOf.
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

// A quote is escaped by an odd number of backslashes before it.
function isEscaped(text: string, quote: number): boolean {
  let start = quote;
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return (quote - start) % 2 === 1;
}
