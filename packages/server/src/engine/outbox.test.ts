import { describe, expect, test } from "vitest";
import { turns } from "@everwire/testkit";
import { Outbox } from "./outbox.js";

describe("Outbox", () => {
  test("flushes at the end of the turn, in the order of marking", async () => {
    const outbox = new Outbox();
    const log: string[] = [];
    for (const name of ["a", "b"]) outbox.mark({ flush: () => log.push(name) });
    await Promise.resolve();
    expect(log).toEqual([]);
    await turns(1);
    expect(log).toEqual(["a", "b"]);
  });

  test("takes what is marked during a flush with the next turn", async () => {
    const outbox = new Outbox();
    const log: string[] = [];
    outbox.mark({ flush: () => outbox.mark({ flush: () => log.push("second turn") }) });
    await turns(1);
    expect(log).toEqual([]);
    await turns(1);
    expect(log).toEqual(["second turn"]);
  });

  test("flushes once when the process ends, whoever marks again", async () => {
    const [first, second] = [new Outbox(), new Outbox()];
    const log: string[] = [];
    const again = {
      flush: () => {
        log.push("again");
        first.mark(again);
      },
    };
    first.mark(again);
    second.mark({ flush: () => log.push("second") });
    for (const listener of process.listeners("exit")) if (listener.name === "flushAtExit") listener(0);
    expect(log).toEqual(["again", "second"]);
    again.flush = () => log.push("over");
    await turns(1);
    expect(log).toEqual(["again", "second", "over"]);
  });

  test("serves the other sessions when a listener of one throws", async () => {
    const outbox = new Outbox();
    const log: string[] = [];
    const uncaught = new Promise((resolve) => {
      const previous = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const listener of previous) process.on("uncaughtException", listener);
        resolve(error);
      });
    });
    const failure = new Error("a listener throws");
    outbox.mark({
      flush: () => {
        throw failure;
      },
    });
    outbox.mark({ flush: () => log.push("served") });
    expect(await uncaught).toBe(failure);
    await turns(2);
    expect(log).toEqual(["served"]);
  });
});
