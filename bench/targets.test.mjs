import { expect, it } from "vitest";
import { participants, PEERS } from "./peers.mjs";
import { checkTargets, MAX_GROWTH, TARGETS } from "./targets.mjs";
import { rowsOf, WORKLOADS } from "./workloads.mjs";

const figure = (median) => ({ median });

it("reaches a target at its bound, from below where lower is better and from above where higher is", () => {
  const verdicts = (name, key, better, own) =>
    checkTargets([
      { name, key, title: name, better, results: { everwire: figure(own), "socket.io": figure(100), ws: figure(100) } },
    ]).map(({ against, reached }) => [against, reached]);
  expect(verdicts("memory", "value", undefined, 45)).toEqual([
    ["socket.io", true],
    ["ws", true],
  ]);
  expect(verdicts("memory", "value", undefined, 46)).toEqual([
    ["socket.io", false],
    ["ws", true],
  ]);
  expect(verdicts("binary1m", "perMicrosecond", "higher", 300)).toEqual([
    ["socket.io", true],
    ["ws", false],
  ]);
});

it("holds both kinds of clients against a target, and leaves out peers that the run does not have", () => {
  const results = { everwire: figure(1), "everwire-resume": figure(3), "socket.io": figure(4) };
  const verdicts = checkTargets([{ name: "echo1", key: "value", title: "echo", results }]);
  expect(verdicts.map(({ subject, against, reached }) => [subject, against, reached])).toEqual([
    ["everwire", "socket.io", true],
    ["everwire-resume", "socket.io", false],
  ]);
});

it("calls cost linear that hardly grows with the number of connections", () => {
  const results = { everwire: figure(MAX_GROWTH), "everwire-resume": figure(MAX_GROWTH + 0.01) };
  const verdicts = checkTargets([{ name: "scale", key: "deliverGrowth", title: "delivery", results }]);
  expect(verdicts.map(({ reached }) => reached)).toEqual([true, false]);
});

it("has a row, and every peer that it names, for each target", () => {
  for (const [id, against] of Object.entries(TARGETS)) {
    const [name, key] = id.split(".");
    expect(rowsOf(WORKLOADS[name]).map((row) => row.key)).toContain(key);
    const taking = participants(name, WORKLOADS[name], Object.keys(PEERS));
    expect(taking).toEqual(expect.arrayContaining(["everwire", "everwire-resume", ...Object.keys(against)]));
  }
});
