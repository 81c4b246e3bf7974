// Small changes of byte text (latin1): what the inputs of the door fuzzer do to requests, frames and packets that were right.

/** Pieces that mean something to one of the readers behind the doors. */
export const TOKENS = [
  "\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", "\0", ":", ",", ";", "=", "&", "?", "%", "%00", "%zz", "/", "..", "\x1e", "\xff", "\x80",
  "0", "1", "2", "3", "4", "5", "6", "40", "41", "42", "43", "44", "45", "46", "b", "bAQID", "2probe", "3probe", "6+1", "6+9007199254740993",
  "-1", "1.5", "1e309", "0x10", "00", "9007199254740991", "99999999999999999999", "NaN", "null", "true", "{}", "[]", '"', "[", "]", "{", "}",
  '{"_placeholder":true,"num":0}', '"__proto__"', '"constructor"', "/dyn-1,", "/n,", "51-", "519-",
  "sid=", "EIO=3", "EIO=4", "transport=polling", "transport=websocket", "transport=webtransport", "resume=0", "leg=1", "n=0", "ack=0", "j=0",
  "d=4", "b64=1", "ew=1", "t=x", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "GET ", "POST ", "Connection: close\r\n", "Upgrade: websocket\r\n",
  "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 99999999999\r\n",
  "Expect: 100-continue\r\n", "Origin: null\r\n", "Origin: http://app.example\r\n", "Cookie: io=x\r\n",
  "Content-Type: application/octet-stream\r\n", "Accept-Encoding: gzip, deflate, br\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
]; // prettier-ignore

/** Changes `text` in `rounds` places. */
export function mutate(random, text, rounds = random.int(1, 3)) {
  for (let round = 0; round < rounds; round++) text = mutateOnce(random, text);
  return text;
}

function mutateOnce(random, text) {
  const at = random.int(0, text.length);
  const to = Math.min(text.length, at + random.int(1, 8));
  switch (random.int(0, 7)) {
    case 0: return text.slice(0, at) + random.pick(TOKENS) + text.slice(at);
    case 1: return text.slice(0, at) + random.pick(TOKENS) + text.slice(to);
    case 2: return text.slice(0, at) + text.slice(to);
    case 3: return text.slice(0, at) + text.slice(at, to).repeat(random.int(2, 40)) + text.slice(to);
    case 4: return text.slice(0, at);
    case 5: return text.slice(at);
    case 6: return text.slice(0, at) + String.fromCharCode(random.int(0, 255)) + text.slice(at + 1);
    default: return text.slice(0, at) + noise(random, 12) + text.slice(to);
  } // prettier-ignore
}

export function noise(random, most) {
  return Array.from({ length: random.int(0, most) }, () => String.fromCharCode(random.int(0, 255))).join("");
}
