// The client in a page of Chromium: what it pays for each event of a stream, and how long it keeps the page from anything else. Both clients
// get their events from the same server.
import { createRequire } from "node:module";
import { join, dirname } from "node:path";
import { EVENTS } from "../messages.mjs";
import { startServer, stopServer } from "../measure.mjs";

const require = createRequire(import.meta.url);
const fileOf = (name, file) => join(dirname(require.resolve(`${name}/package.json`)), file);
const BUNDLES = {
  everwire: () => fileOf("@everwire/client", "dist/bundle/everwire.min.js"),
  "socket.io": () => fileOf("socket.io-client", "dist/socket.io.min.js"),
};
const BROWSER = process.env.BENCH_CHROMIUM ?? "/usr/bin/chromium";
/** A page that the test hands over counts as one from elsewhere, which needs leave to talk to this machine. */
const BROWSER_ARGS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"];
const BURST = 8;
/** Bursts that the page asks for at a time; the next ones when all their events are there. */
const BURSTS_UNDER_WAY = 25;

export async function measure({ workload, peers, rounds, context, samples }) {
  const { chromium } = await import("@playwright/test");
  const server = await startServer("everwire", workload);
  const browser = await chromium.launch({ executablePath: BROWSER, args: BROWSER_ARGS });
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const peer of peers) {
        context.onProgress(`${peer}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
        const sample = await visit(browser, server.ready, peer, workload.units);
        if (round > 0) samples[peer].push(sample);
      }
    }
  } finally {
    await browser.close();
    await stopServer(server, workload);
  }
}

async function visit(browser, port, peer, units) {
  const page = await browser.newPage();
  try {
    // The page has the origin of the server, which lets no other one in.
    const url = `http://127.0.0.1:${port}/bench.html`;
    await page.route(url, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>bench</title>" }),
    );
    await page.goto(url);
    await page.addScriptTag({ path: BUNDLES[peer]() });
    const inspector = await page.context().newCDPSession(page);
    await inspector.send("Performance.enable");
    const taskSeconds = async () => {
      const { metrics } = await inspector.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value;
    };
    await page.evaluate(connectInPage);
    const before = await taskSeconds();
    const { received, ms, longTasksMs } = await page.evaluate(streamInPage, {
      events: units,
      burst: BURST,
      underWay: BURSTS_UNDER_WAY,
      names: EVENTS,
    });
    const seconds = (await taskSeconds()) - before;
    if (received !== units) throw new Error(`failed to stream: ${received} of ${units} events came`);
    return { value: (seconds * 1e6) / received, eventsPerSecond: (received * 1_000) / ms, longTasksMs };
  } finally {
    await page.close();
  }
}

/* The two functions below run in the page. */

function connectInPage() {
  return new Promise((resolve, reject) => {
    globalThis.socket = globalThis.io({ transports: ["websocket"] });
    globalThis.socket.on("connect", () => resolve());
    globalThis.socket.on("connect_error", reject);
  });
}

async function streamInPage({ events, burst, underWay, names }) {
  const { socket } = globalThis;
  let longTasksMs = 0;
  const observer = new globalThis.PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasksMs += duration;
  });
  observer.observe({ entryTypes: ["longtask"] });
  const start = performance.now();
  let received = 0;
  await new Promise((resolve) => {
    let asked = 0;
    const ask = () => {
      for (let index = 0; index < underWay && asked < events; index++, asked += burst) socket.emit(names.burst);
    };
    socket.on(names.news, () => {
      received++;
      if (received >= events) resolve();
      else if (received === asked) ask();
    });
    ask();
  });
  const ms = performance.now() - start;
  for (const { duration } of observer.takeRecords()) longTasksMs += duration;
  socket.disconnect();
  return { received, ms, longTasksMs };
}
