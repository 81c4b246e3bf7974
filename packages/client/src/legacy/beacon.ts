// The request that outlives its page, for engines without navigator.sendBeacon.

/** Sends `body` by POST. Where there is no beacon it blocks until the server has answered: the page waits with its end. */
export function sendBeacon(uri: string, body: string): void {
  if ("sendBeacon" in navigator) {
    navigator.sendBeacon(uri, body);
    return;
  }
  try {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", uri, false);
    xhr.send(body);
  } catch {
    // Another origin's, or the server is gone: it finds out by its heartbeat.
  }
}
