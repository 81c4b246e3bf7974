// One run of the chaos suite as data, made from a seed: who talks over what, how much, and what happens meanwhile to the network, the
// processes and the clocks.
import { Random } from "./random.mjs";

const WAYS = [["websocket"], ["polling"], ["polling", "websocket"], ["websocket", "polling"]];
const HOUR_MS = 3_600_000;

const jumpMs = (random) => random.pick([-1, 1]) * random.pick([1_000, 60_000, 5 * 60_000, HOUR_MS, 24 * HOUR_MS]);

/** What can happen to the connections of a client, or to everybody's. `ms` is how long it lasts. */
const FAULTS = {
  cut: () => ({}),
  fin: () => ({}),
  freeze: (random) => ({ ms: random.int(50, 700), thenCut: random.chance(0.5) }),
  "freeze down": (random) => ({ ms: random.int(20, 400), thenCut: random.chance(0.8) }),
  "freeze up": (random) => ({ ms: random.int(20, 400), thenCut: random.chance(0.8) }),
  strand: (random) => ({ ms: random.int(50, 600) }),
  refuse: (random) => ({ ms: random.int(50, 500) }),
  "reset after bytes": (random) => ({
    ms: random.int(100, 600),
    bytes: random.int(1, 3000),
    direction: random.pick(["both", "up", "down"]),
  }),
  slices: (random) => ({ ms: random.int(50, 400), bytes: random.int(1, 30) }),
  thin: (random) => ({ ms: random.int(50, 400), bytesPerSecond: random.int(2_000, 60_000) }),
  slow: (random) => ({ ms: random.int(50, 500), latencyMs: random.int(1, 80), jitterMs: random.int(0, 60) }),
  "swallow answers": (random) => ({
    ms: random.int(30, 400),
    to: random.pick(["POST", "POST", "GET"]),
    passed: random.int(0, 3),
  }),
  // Now and then for longer than the client waits for a request.
  "hold answers": (random) => ({
    ms: random.int(30, 400),
    to: random.pick(["POST", "POST", "GET"]),
    passed: random.int(0, 3),
    delayMs: random.chance(0.1) ? 6_000 : random.int(20, 900),
  }),
  block: (random) => ({
    ms: random.int(100, 900),
    transport: random.pick(["websocket", "polling"]),
    isSilent: random.chance(0.3),
  }),
  forbid: (random) => ({ ms: random.int(100, 800), transport: random.pick(["websocket", "polling"]) }),
  "stall server": (random) => ({ ms: random.int(20, 400) }),
  "stall clients": (random) => ({ ms: random.int(20, 400) }),
  "stop server": (random) => ({ ms: random.int(20, 900) }),
  "stop clients": (random) => ({ ms: random.int(20, 900) }),
  "jump clients": (random) => ({ byMs: jumpMs(random), hasMonotonic: random.chance(0.3) }),
  "jump server": (random) => ({ byMs: jumpMs(random) }),
};

export const FAULT_NAMES = Object.keys(FAULTS);

/** How long messages and faults go on. */
const ACTIVE_MS = 1_200;

/** `ways` and `kinds` leave only some of the transports and faults. */
export function makeSchedule(seed, { ways = WAYS, kinds = FAULT_NAMES } = {}) {
  const random = new Random(seed);
  const clients = Array.from({ length: random.int(1, 4) }, (_, index) => ({
    name: `c${index}`,
    transports: random.pick(ways),
    rooms: ["hall", ...(random.chance(0.5) ? [`room${random.int(0, 1)}`] : [])],
    says: Array.from({ length: random.int(5, 60) }, () => ({
      atMs: random.int(0, ACTIVE_MS),
      count: random.chance(0.1) ? 40 : random.int(1, 3),
      bytes: random.chance(0.05) ? random.int(1_000, 60_000) : random.int(0, 200),
      isBinary: random.chance(0.2),
    })).sort((one, other) => one.atMs - other.atMs),
  }));
  const faults = Array.from({ length: random.int(1, 6) }, () => {
    const kind = random.pick(kinds);
    const client = random.chance(0.7) ? random.pick(clients).name : "all";
    return { kind, client, atMs: random.int(30, ACTIVE_MS), ...FAULTS[kind](random) };
  }).sort((one, other) => one.atMs - other.atMs);
  return {
    seed,
    activeMs: ACTIVE_MS,
    clients,
    faults,
    server: {
      pingInterval: random.pick([25_000, 400]),
      pingTimeout: random.pick([20_000, 500]),
      // Now and then so short that sessions are lost: then both sides have to say so.
      windowMs: random.chance(0.1) ? 150 : 60_000,
      maxBufferBytes: random.chance(0.05) ? 4_000 : 4 * 1024 * 1024,
      hasVolatile: random.chance(0.5),
    },
  };
}

/** An upgrade that is cut after so many bytes of one direction: not random, and complete over all `bytes`. No bytes: no cut. */
export function makeSweep(bytes, direction) {
  return {
    seed: bytes === 0 ? "sweep" : `sweep ${bytes} ${direction}`,
    activeMs: 250,
    clients: [
      {
        name: "c0",
        transports: ["polling", "websocket"],
        rooms: ["hall"],
        says: Array.from({ length: 10 }, (_, index) => ({
          atMs: index * 20,
          count: 1,
          bytes: 10,
          isBinary: index % 3 === 0,
        })),
      },
    ],
    faults: bytes === 0 ? [] : [{ kind: "cut upgrade", client: "c0", atMs: 0, ms: 250, bytes, direction }],
    server: {
      pingInterval: 25_000,
      pingTimeout: 20_000,
      windowMs: 60_000,
      maxBufferBytes: 4 * 1024 * 1024,
      hasVolatile: false,
    },
  };
}
