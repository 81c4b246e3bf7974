// Carries out the faults of a schedule on the proxies of the clients, and takes each back when its time is over.
import { setTimeout as wait } from "node:timers/promises";

const HARMLESS = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: 0,
  sliceBytes: 0,
  resetAfterBytes: 0,
  refuse: false,
  frozen: false,
};

/** For a while, then as before; whoever cuts afterwards loses what was on its way. */
async function during(proxies, toxics, { ms, thenCut }) {
  for (const proxy of proxies) proxy.set(toxics);
  await wait(ms);
  if (thenCut) for (const proxy of proxies) proxy.cut();
  const before = Object.fromEntries(Object.keys(toxics).map((key) => [key, HARMLESS[key]]));
  for (const proxy of proxies) proxy.set(before);
}

const KINDS = {
  cut: async (proxies) => proxies.forEach((proxy) => proxy.cut()),
  fin: async (proxies) => proxies.forEach((proxy) => proxy.fin()),
  freeze: (proxies, fault) => during(proxies, { frozen: true }, fault),
  "freeze down": (proxies, fault) => during(proxies, { frozen: "down" }, fault),
  "freeze up": (proxies, fault) => during(proxies, { frozen: "up" }, fault),
  refuse: (proxies, fault) => during(proxies, { refuse: true }, { ...fault, thenCut: true }),
  "reset after bytes": (proxies, fault) => during(proxies, { resetAfterBytes: fault.bytes }, fault),
  slices: (proxies, fault) => during(proxies, { sliceBytes: fault.bytes }, fault),
  thin: (proxies, fault) => during(proxies, { bytesPerSecond: fault.bytesPerSecond }, fault),
  slow: (proxies, { latencyMs, jitterMs, ...fault }) => during(proxies, { latencyMs, jitterMs }, fault),
  async strand(proxies, { ms }) {
    for (const proxy of proxies) proxy.strand();
    await wait(ms);
    for (const proxy of proxies) proxy.refloat();
  },
  stall: async (_proxies, { ms }, server) => server.tell({ command: "stall", ms }),
  async forbid(_proxies, { ms, transport }, server) {
    server.tell({ command: "forbid", transport });
    await wait(ms);
    server.tell({ command: "forbid" });
  },
};

/** @param proxies a Map from client to proxy */
export async function carryOut(fault, proxies, server) {
  await wait(fault.atMs);
  const targets = fault.client === "all" ? [...proxies.values()] : [proxies.get(fault.client)];
  await KINDS[fault.kind](targets, fault, server);
}
