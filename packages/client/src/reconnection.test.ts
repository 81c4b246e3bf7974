// The wait between two attempts to open the session: how long, until what, and how many there were.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Server } from "socket.io";
import "./engine/register-every.js";
import { Manager } from "./manager.js";

// Node has no events of the network or the page; a browser's global scope is an event target, and listened to by its half of `#platform`.
vi.mock(import("#platform"), async (original) => {
  const { listenToPage, listenToWake } = await import("./engine/platform.js");
  return { ...(await original()), listenToPage, listenToWake };
});
const page = new EventTarget();
const scope = globalThis as unknown as Record<string, unknown>;
const attempts: number[] = [];
let manager: Manager;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  attempts.length = 0;
  scope.addEventListener = (name: string, listener: () => void) => page.addEventListener(name, listener);
  scope.removeEventListener = (name: string, listener: () => void) => page.removeEventListener(name, listener);
});

afterEach(() => {
  manager.disconnect();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  delete scope.addEventListener;
  delete scope.removeEventListener;
});

const failure = (): Promise<void> => new Promise((resolve) => manager.once("error", () => resolve()));
const goOnline = (): boolean => page.dispatchEvent(new Event("online"));

/** Waits for the second attempt, the first having failed. */
async function waiting(port = 1, lateMs = 0): Promise<void> {
  manager = new Manager(`http://127.0.0.1:${String(port)}`, {
    reconnectionDelay: 100,
    randomizationFactor: 0,
    timeout: false,
  });
  // As after a sleep, of which the session says how long it was.
  if (lateMs) Object.defineProperty(manager.engine, "lateMs", { get: () => lateMs, set: () => undefined });
  manager.on("reconnect_attempt", (attempt) => attempts.push(attempt));
  await failure();
}

test("retries after the delay, each wait longer than the last, and counts", async () => {
  await waiting();
  vi.advanceTimersByTime(99);
  expect(attempts).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(attempts).toEqual([1]);
  await failure();
  vi.advanceTimersByTime(199);
  expect(attempts).toEqual([1]);
  vi.advanceTimersByTime(1);
  expect(attempts).toEqual([1, 2]);
});

test("retries at once when the network is back, and only once", async () => {
  await waiting();
  goOnline();
  expect(attempts).toEqual([1]);
  goOnline();
  vi.advanceTimersByTime(100);
  expect(attempts).toEqual([1]);
});

test.each(["pageshow", "visibilitychange"])(
  "retries at once when the page is back (%s), but not when it goes",
  async (name) => {
    const document = { hidden: true };
    vi.stubGlobal("document", document);
    await waiting();
    page.dispatchEvent(new Event(name));
    expect(attempts).toEqual([]);
    document.hidden = false;
    page.dispatchEvent(new Event(name));
    page.dispatchEvent(new Event(name));
    vi.advanceTimersByTime(100);
    expect(attempts).toEqual([1]);
  },
);

test("retries at once when the network is back although the page is hidden", async () => {
  vi.stubGlobal("document", { hidden: true });
  await waiting();
  goOnline();
  expect(attempts).toEqual([1]);
});

test.each([
  [60, 40],
  [3_600_000, 0],
  [-1_000, 100],
])("does not wait for what was slept through (%i ms)", async (lateMs, restMs) => {
  await waiting(1, lateMs);
  expect(attempts).toEqual([]);
  vi.advanceTimersByTime(Math.max(0, restMs - 1));
  expect(attempts).toEqual(restMs > 0 ? [] : [1]);
  vi.advanceTimersByTime(1);
  expect(attempts).toEqual([1]);
});

test("hears nothing of the network when it is not waiting", async () => {
  await waiting();
  manager.disconnect();
  goOnline();
  vi.advanceTimersByTime(1000);
  expect([attempts, vi.getTimerCount()]).toEqual([[], 0]);
});

test("counts its waits until the connection is open, and then begins with the shortest", async () => {
  const server = new Server(0, { serveClient: false });
  const { port } = server.httpServer.address() as { port: number };
  await server.close();
  await waiting(port);
  const again = new Server(port, { serveClient: false });
  try {
    const opened = new Promise<void>((resolve) => manager.once("open", () => resolve()));
    vi.advanceTimersByTime(100);
    await opened;
    manager.engine.close();
    vi.advanceTimersByTime(99);
    expect(attempts).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(attempts).toEqual([1, 1]);
  } finally {
    manager.disconnect();
    await again.close();
  }
});

test("begins with the shortest wait again after it was given up", async () => {
  await waiting();
  vi.advanceTimersByTime(100);
  await failure();
  manager.disconnect();
  // As a socket does that wants the session; with a callback a first failure would not be tried again.
  manager.open();
  await failure();
  vi.advanceTimersByTime(100);
  expect(attempts).toEqual([1, 1]);
});

test("does without such events where there are none", async () => {
  delete scope.addEventListener;
  delete scope.removeEventListener;
  await waiting();
  vi.advanceTimersByTime(100);
  expect(attempts).toEqual([1]);
});
