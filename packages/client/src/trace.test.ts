import { afterEach, expect, test } from "vitest";
import "./engine/register-every.js";
import { Manager } from "./manager.js";
import { setTrace } from "./trace.js";

afterEach(() => setTrace());

test("the trace hook sees the states of managers, and nothing once it was removed", () => {
  const seen: unknown[][] = [];
  setTrace((...args) => seen.push(args));
  const manager = new Manager("http://127.0.0.1:1", { reconnection: false });
  setTrace();
  manager.disconnect();
  expect(seen).toEqual([["manager", "opening", "http://127.0.0.1:1"]]);
});
