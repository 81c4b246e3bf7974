import { describe, expect, it } from "vitest";
import type { LoggedPacket } from "./packet-log.js";
import { Trail } from "./trail.js";

const packet = (number: number, rooms: string[] = [], except?: string[]): LoggedPacket => ({
  number,
  atMs: 0,
  rooms: new Set(rooms),
  except: except === undefined ? undefined : new Set(except),
  data: ["m"],
  encoded: ["m"],
});

describe("what a session is missing", () => {
  it("is everything since it began when the client has received nothing", () => {
    const trail = new Trail("s", 10);
    trail.noteSent(11, 0);
    trail.noteDisconnected(12);
    expect(trail.missingAfter(undefined, 0)).toBe(10);
  });

  it("is only what came while it was away when the client has received all that was sent to it", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(3, 0);
    trail.noteDisconnected(500);
    expect(trail.missingAfter(3, 0)).toBe(500);
  });

  it("is known after an idle hour, though packets for others were dropped", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(3, 0);
    trail.noteDisconnected(500);
    expect(trail.missingAfter(3, 490)).toBe(500);
  });

  it("is known when the first packet after an idle hour was lost", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(3, 0);
    trail.noteSent(500, 490);
    trail.noteSent(501, 490);
    trail.noteDisconnected(501);
    expect(trail.missingAfter(3, 490)).toBe(499);
    expect(trail.missingAfter(500, 490)).toBe(500);
  });

  it("can't be told when it may have been dropped", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(3, 0);
    trail.noteSent(5, 0);
    trail.noteDisconnected(20);
    expect(trail.missingAfter(3, 4)).toBeUndefined();
    expect(trail.missingAfter(5, 21)).toBeUndefined();
  });

  it("can't be sent when one of it asked for an answer that never came", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(1, 0);
    trail.noteUnstored(2, 70);
    trail.noteDisconnected(2);
    expect(trail.missingAfter(1, 0)).toBeUndefined();
  });

  it("is nothing up to a packet that was answered, whatever offset the client names", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(1, 0);
    trail.noteUnstored(2, 70);
    trail.noteUnstored(3, 71);
    trail.noteReceived(71);
    trail.noteReceived(70);
    trail.noteReceived(99);
    trail.noteDisconnected(3);
    expect(trail.missingAfter(undefined, 0)).toBe(3);
  });

  it("is proven received by a later packet that arrived", () => {
    const trail = new Trail("s", 0);
    trail.noteUnstored(2, 70);
    trail.noteSent(3, 0);
    trail.noteDisconnected(3);
    expect(trail.missingAfter(3, 0)).toBe(3);
  });

  it("forgets single answers above its cap, and then rather says no", () => {
    const trail = new Trail("s", 0);
    for (let id = 1; id <= 1_100; id++) trail.noteUnstored(id, id);
    trail.noteReceived(1);
    trail.noteDisconnected(1_100);
    expect(trail.missingAfter(undefined, 0)).toBeUndefined();
    trail.noteReceived(1_100);
    expect(trail.missingAfter(undefined, 0)).toBe(1_100);
  });
});

describe("whom a packet was for", () => {
  it("is decided by the rooms at the time it was sent", () => {
    const trail = new Trail("s", 0);
    trail.join("early", 0);
    trail.join("late", 5);
    trail.leave("early", 7);
    expect(trail.isFor(packet(5, ["late"]))).toBe(false);
    expect(trail.isFor(packet(6, ["late"]))).toBe(true);
    expect(trail.isFor(packet(7, ["early"]))).toBe(true);
    expect(trail.isFor(packet(8, ["early"]))).toBe(false);
    expect(trail.isFor(packet(8, ["early", "late"]))).toBe(true);
  });

  it("leaves out rooms that were excepted then", () => {
    const trail = new Trail("s", 0);
    trail.join("quiet", 2);
    expect(trail.isFor(packet(2, [], ["quiet"]))).toBe(true);
    expect(trail.isFor(packet(3, [], ["quiet"]))).toBe(false);
  });

  it("is not known any more to a session that moved through too many rooms", () => {
    const trail = new Trail("s", 0);
    trail.noteSent(1, 0);
    for (let i = 1; i <= 70; i++) {
      trail.join(`r${i}`, i);
      trail.leave(`r${i}`, i + 1);
    }
    trail.leave("never joined", 80);
    trail.join("in passing", 80);
    trail.leave("in passing", 80);
    trail.noteSent(80, 0);
    trail.noteDisconnected(80);
    expect(trail.missingAfter(1, 0)).toBeUndefined();
    expect(trail.missingAfter(79, 0)).toBe(79);
  });
});
