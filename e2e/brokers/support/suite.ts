// Runs the table of cases on one adapter: a broker, three processes and the clients are started here, and ended whatever happens.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACK_CASES } from "../cases/acks.js";
import { CLIENT_CASES } from "../cases/clients.js";
import { EMITTER_CASES } from "../cases/emitters.js";
import { LOSS_CASES } from "../cases/loss.js";
import { OUTAGE_CASES } from "../cases/outage.js";
import { RECOVERY_CASES } from "../cases/recovery.js";
import { ROOM_CASES } from "../cases/rooms.js";
import { SERVER_CASES } from "../cases/servers.js";
import { SOCKET_CASES } from "../cases/sockets.js";
import type { Broker, BrokerAddress } from "./broker.js";
import type { OpenEmitter } from "./emitters.js";
import { Fleet, isStock, type WorkerSetup } from "./fleet.js";
import { type Case, Stage } from "./stage.js";
import { createChildLauncher, type Launcher } from "./worker-port.js";

export interface Setup extends Omit<WorkerSetup, "address"> {
  title: string;
  broker?: () => Promise<Broker>;
  launcher?: () => Launcher;
  /** Whether the adapter delivers nothing, to clients of its own process either, before the broker has taken it. Default false. */
  waitsForBroker?: boolean;
  /** Whether what one process sends reaches the others in that order. Default true. */
  keepsOrder?: boolean;
  /** Whether the adapter and the broker's client find their way back when the broker was away. Default true. */
  comesBack?: boolean;
  /** A rejection that the broker's client leaves behind when the broker dies, on any server, since the adapter does not look at it. */
  leftBehind?: RegExp;
  /** Leaves out the cases that take seconds: another setup shows them for the same adapter and kind of broker. */
  isBrief?: boolean;
  /** Cases of this adapter alone. */
  more?: Case[];
  /** The published emitter that goes with the adapter, where there is one. */
  emitter?: (address: BrokerAddress) => Promise<OpenEmitter>;
}

/** One broker for all setups of a file; they run one after another. */
export function shareBroker(start: () => Promise<Broker>): () => Promise<Broker> {
  let shared: Promise<Broker> | undefined;
  afterAll(async () => (await shared)?.stop());
  return async () => {
    shared ??= start();
    return { ...(await shared), stop: () => Promise.resolve() };
  };
}

const START_TIMEOUT_MS = 60_000;
const CASE_TIMEOUT_MS = 30_000;

export function describeAdapter(setup: Setup): void {
  const { title, broker: startBroker, launcher = createChildLauncher, emitter: openEmitter, ...rest } = setup;
  const {
    waitsForBroker = false,
    keepsOrder = true,
    comesBack = true,
    isBrief = false,
    more = [],
    leftBehind,
    ...worker
  } = rest;
  describe(title, () => {
    let stage: Stage;
    const cleanups: (() => unknown)[] = [];

    beforeAll(async () => {
      const broker = await startBroker?.();
      if (broker !== undefined) cleanups.push(() => broker.stop());
      const started = launcher();
      cleanups.push(() => started.stop());
      const fleet = new Fleet(started, { ...worker, ...(broker && { address: broker.address }) });
      await fleet.start();
      const emitter = broker && (await openEmitter?.(broker.address));
      if (emitter !== undefined) cleanups.push(emitter.close);
      stage = new Stage({ fleet, broker, emitter: emitter?.emitter, waitsForBroker });
    }, START_TIMEOUT_MS);

    afterAll(async () => {
      // All of them, even if one fails.
      const ends = [];
      for (const cleanup of cleanups.splice(0).reverse()) {
        ends.push(...(await Promise.allSettled([(async () => cleanup())()])));
      }
      expect(ends.filter(({ status }) => status === "rejected")).toEqual([]);
    }, START_TIMEOUT_MS);

    beforeEach(() => stage.open(), CASE_TIMEOUT_MS);
    afterEach(async () => {
      await stage.close();
      const accidents = stage.fleet.takeAccidents().filter(({ message }) => leftBehind?.test(message) !== true);
      expect(accidents).toEqual([]);
    }, CASE_TIMEOUT_MS);

    const run = (cases: Case[]): void => {
      for (const each of cases) {
        if (each.needsOrder === true && !keepsOrder) continue;
        const isCompared = isStock && each.isOurs === true;
        it.skipIf(isCompared)(each.title, () => each.run(stage), each.timeoutMs ?? CASE_TIMEOUT_MS);
      }
    };
    run(ROOM_CASES);
    run(ACK_CASES);
    run(SOCKET_CASES);
    run(SERVER_CASES);
    run(CLIENT_CASES);
    if (openEmitter !== undefined) run(EMITTER_CASES);
    if (setup.recovery === true) run(RECOVERY_CASES);
    run(more);
    if (!isBrief) run(LOSS_CASES);
    if (startBroker !== undefined && comesBack) run(OUTAGE_CASES);
  });
}
