// Carries out the faults of a schedule on the proxies of the clients and on both processes, and takes each back when its time is over.
import { setTimeout as wait } from "node:timers/promises";

const HARMLESS = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: 0,
  sliceBytes: 0,
  resetAfterBytes: 0,
  resetDirection: "both",
  resetsTunnelsOnly: false,
  refuse: false,
  frozen: false,
  answersTo: "",
  answerDelayMs: 0,
  answersPassed: 0,
  block: "",
  blocksSilently: false,
};

/** For a while, then as before; whoever cuts afterwards loses what was on its way. */
async function during(proxies, toxics, { ms, thenCut }) {
  for (const proxy of proxies) proxy.set(toxics);
  await wait(ms);
  if (thenCut) for (const proxy of proxies) proxy.cut();
  const before = Object.fromEntries(Object.keys(toxics).map((key) => [key, HARMLESS[key]]));
  for (const proxy of proxies) proxy.set(before);
}

const answers = (proxies, { to, passed, ms }, answerDelayMs) =>
  during(proxies, { answersTo: to, answersPassed: passed, answerDelayMs }, { ms });

const KINDS = {
  cut: async (proxies) => proxies.forEach((proxy) => proxy.cut()),
  fin: async (proxies) => proxies.forEach((proxy) => proxy.fin()),
  freeze: (proxies, fault) => during(proxies, { frozen: true }, fault),
  "freeze down": (proxies, fault) => during(proxies, { frozen: "down" }, fault),
  "freeze up": (proxies, fault) => during(proxies, { frozen: "up" }, fault),
  refuse: (proxies, fault) => during(proxies, { refuse: true }, { ...fault, thenCut: true }),
  "reset after bytes": (proxies, { bytes, direction, ...fault }) =>
    during(proxies, { resetAfterBytes: bytes, resetDirection: direction }, fault),
  "cut upgrade": (proxies, { bytes, direction, ...fault }) =>
    during(proxies, { resetAfterBytes: bytes, resetDirection: direction, resetsTunnelsOnly: true }, fault),
  slices: (proxies, fault) => during(proxies, { sliceBytes: fault.bytes }, fault),
  thin: (proxies, fault) => during(proxies, { bytesPerSecond: fault.bytesPerSecond }, fault),
  slow: (proxies, { latencyMs, jitterMs, ...fault }) => during(proxies, { latencyMs, jitterMs }, fault),
  "swallow answers": (proxies, fault) => answers(proxies, fault, Infinity),
  "hold answers": (proxies, fault) => answers(proxies, fault, fault.delayMs),
  async block(proxies, { ms, transport, isSilent }) {
    await during(proxies, { block: transport, blocksSilently: isSilent }, { ms });
    for (const proxy of proxies) proxy.refloat();
  },
  async strand(proxies, { ms }) {
    for (const proxy of proxies) proxy.strand();
    await wait(ms);
    for (const proxy of proxies) proxy.refloat();
  },
  async forbid(_proxies, { ms, transport }, { server }) {
    server.tell({ command: "forbid", transport });
    await wait(ms);
    server.tell({ command: "forbid" });
  },
  "stall server": async (_proxies, { ms }, { server }) => server.tell({ command: "stall", ms }),
  "stall clients": async (_proxies, { ms }, { clients }) => clients.tell({ command: "stall", ms }),
  "stop server": (_proxies, { ms }, { server }) => server.stop(wait(ms)),
  "stop clients": (_proxies, { ms }, { clients }) => clients.stop(wait(ms)),
  "jump server": async (_proxies, { byMs }, { server }) => server.tell({ command: "jump", ms: byMs }),
  "jump clients": async (_proxies, { byMs, hasMonotonic }, { clients }) =>
    clients.tell({ command: "jump", ms: byMs, hasMonotonic }),
};

/** @param proxies a Map from client to proxy @param processes {server, clients} */
export async function carryOut(fault, proxies, processes) {
  await wait(fault.atMs);
  const targets = fault.client === "all" ? [...proxies.values()] : [proxies.get(fault.client)];
  await KINDS[fault.kind](targets, fault, processes);
}
