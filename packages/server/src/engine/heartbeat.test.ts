import { describe, expect, test } from "vitest";
import { TestClock } from "@everwire/testkit";
import { Deadlines } from "./deadlines.js";
import { Heartbeat } from "./heartbeat.js";
import { resolveOptions } from "./options.js";

function setup(): { clock: TestClock; heartbeat: Heartbeat; log: string[] } {
  const clock = new TestClock();
  const log: string[] = [];
  const heartbeat = new Heartbeat({
    server: { deadlines: new Deadlines(clock), opts: resolveOptions({ pingInterval: 100, pingTimeout: 50 }) },
    onPingDue: () => log.push(`ping@${clock.now()}`),
    onPingTimeout: () => log.push(`timeout@${clock.now()}`),
  });
  heartbeat.start();
  return { clock, heartbeat, log };
}

describe("Heartbeat", () => {
  test("pings an interval after each pong", () => {
    const { clock, heartbeat, log } = setup();
    clock.advance(120);
    heartbeat.onBeat();
    clock.advance(110);
    heartbeat.onBeat();
    expect(log).toEqual(["ping@100", "ping@220"]);
  });

  test("ends when no pong comes", () => {
    const { clock, log } = setup();
    clock.advance(1000);
    expect(log).toEqual(["ping@100", "timeout@150"]);
    expect(clock.timers).toBe(0);
  });

  test("gives a client that sends something else the timeout once more, and only once", () => {
    const { clock, heartbeat, log } = setup();
    clock.advance(140);
    heartbeat.onOtherPacket();
    clock.advance(40);
    heartbeat.onOtherPacket();
    clock.advance(1000);
    expect(log).toEqual(["ping@100", "timeout@190"]);
  });

  test("renews the timeout once for each ping", () => {
    const { clock, heartbeat, log } = setup();
    clock.advance(140);
    heartbeat.onOtherPacket();
    clock.advance(20);
    heartbeat.onBeat();
    clock.advance(140);
    heartbeat.onOtherPacket();
    clock.advance(1000);
    expect(log).toEqual(["ping@100", "ping@260", "timeout@350"]);
  });

  test("is not moved by packets that come before the ping", () => {
    const { clock, heartbeat, log } = setup();
    clock.advance(90);
    heartbeat.onOtherPacket();
    clock.advance(10);
    expect(log).toEqual(["ping@100"]);
  });

  test("stops", () => {
    const { clock, heartbeat, log } = setup();
    heartbeat.stop();
    clock.advance(1000);
    expect(log).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
