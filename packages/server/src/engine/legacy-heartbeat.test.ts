import { describe, expect, test } from "vitest";
import { TestClock } from "@everwire/testkit";
import { Deadlines } from "./deadlines.js";
import { LegacyHeartbeat } from "./legacy-heartbeat.js";
import { resolveOptions } from "./options.js";

function setup(): { clock: TestClock; heartbeat: LegacyHeartbeat; log: string[] } {
  const clock = new TestClock();
  const log: string[] = [];
  const heartbeat = new LegacyHeartbeat({
    server: { deadlines: new Deadlines(clock), opts: resolveOptions({ pingInterval: 100, pingTimeout: 50 }) },
    onPingDue: () => log.push(`ping@${clock.now()}`),
    onPingTimeout: () => log.push(`timeout@${clock.now()}`),
  });
  heartbeat.start();
  return { clock, heartbeat, log };
}

describe("LegacyHeartbeat", () => {
  test("never pings, and ends interval and timeout after the last ping of the client", () => {
    const { clock, heartbeat, log } = setup();
    clock.advance(140);
    heartbeat.onBeat();
    clock.advance(140);
    heartbeat.onBeat();
    clock.advance(1_000);
    expect(log).toEqual(["timeout@430"]);
    expect(clock.timers).toBe(0);
  });

  test("is not kept alive by other packets", () => {
    const { clock, heartbeat, log } = setup();
    clock.advance(140);
    heartbeat.onOtherPacket();
    clock.advance(140);
    expect(log).toEqual(["timeout@150"]);
  });

  test("stops", () => {
    const { clock, heartbeat, log } = setup();
    heartbeat.stop();
    clock.advance(1_000);
    expect(log).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
