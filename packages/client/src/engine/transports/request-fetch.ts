// One HTTP request by fetch, for the polling transport: in service workers, which have no XMLHttpRequest, and for users who
// ask for it. Also runs on Node.
import type { AbortRequest, PollRequest, RequestPort } from "../ports.js";

export const fetchPort: RequestPort = {
  readError: "fetch read error",
  writeError: "fetch write error",
  request: requestByFetch,
};

function requestByFetch({ uri, method, headers, body, opts, onLoad, onError }: PollRequest): AbortRequest {
  const cookies = opts.cookies;
  // The first engines with fetch have no AbortController: there the answer is only ignored.
  const controller = typeof AbortController === "function" ? new AbortController() : undefined;
  const fail = (error: unknown): void => onError(0, undefined, error);

  fetch(uri, {
    method,
    headers: cookies?.apply(headers) ?? headers,
    credentials: opts.withCredentials ? "include" : "same-origin",
    // An extra header, which may be a secret, never goes to a host that the user did not name.
    redirect: "manual",
    body: body ?? null,
    signal: controller?.signal ?? null,
  }).then((response) => {
    cookies?.store(response.headers.getSetCookie());
    const { status } = response;
    if (status === 200) response.text().then(onLoad, fail);
    else if (status !== 400) onError(status, response);
    // With what it says, as the other ways have it.
    else
      response
        .clone()
        .text()
        .then((responseText) => onError(status, Object.assign(response, { responseText })), fail);
  }, fail);
  return () => controller?.abort();
}
