// One HTTP request by XMLHttpRequest, for the polling transport in pages and in most workers.
import type { AbortRequest, PollRequest, RequestPort } from "../ports.js";

export const xhrPort: RequestPort = {
  readError: "xhr poll error",
  writeError: "xhr post error",
  request: requestByXhr,
};

function requestByXhr({ uri, method, headers, body, opts, onLoad, onError }: PollRequest): AbortRequest {
  const xhr = new XMLHttpRequest();
  xhr.open(method, uri, true);
  Object.keys(headers).forEach((name) => xhr.setRequestHeader(name, headers[name] as string));
  // Some old engines throw when it is set, even to the default.
  if (opts.withCredentials) xhr.withCredentials = true;
  xhr.onreadystatechange = () => {
    if (xhr.readyState !== 4) return;
    if (xhr.status === 200) onLoad(xhr.responseText);
    // Later: when a page is left, the abort of its requests comes right before the page's own events.
    else opts.setTimeoutFn(() => onError(xhr.status, xhr), 0);
  };
  xhr.send(body);
  // One that is answered would lose its answer by it, before that was looked at.
  return () => {
    if (xhr.readyState !== 4) xhr.abort();
  };
}
