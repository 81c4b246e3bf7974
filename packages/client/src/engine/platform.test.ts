// The browser's half of `#platform`, run on Node with the few globals that each case names.
import { afterEach, describe, expect, it, vi } from "vitest";
import * as node from "./platform.node.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const load = async () => import("./platform.js");

describe("the platform of browsers", () => {
  it("offers what that of Node offers", async () => {
    expect(Object.keys(await load()).sort()).toEqual(Object.keys(node).sort());
  });

  it("polls by XMLHttpRequest where there is one, by fetch where there is none", async () => {
    expect((await load()).requestPort.readError).toBe("fetch read error");
    vi.stubGlobal("XMLHttpRequest", () => undefined);
    vi.resetModules();
    expect((await load()).requestPort.readError).toBe("xhr poll error");
  });

  it("runs a callback after the current job", async () => {
    const { nextTick } = await load();
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      nextTick(resolve, () => undefined);
      seen.push("now");
    });
    expect(seen).toEqual(["now"]);
  });

  it("knows where the page comes from", async () => {
    const { pageLocation } = await load();
    expect(pageLocation()).toBeUndefined();
    vi.stubGlobal("location", { hostname: "page" });
    expect(pageLocation()).toEqual({ hostname: "page" });
  });

  it("listens to the page, where it can, until told to stop", async () => {
    const target = new EventTarget();
    const { listenToPage } = await load();
    vi.stubGlobal("addEventListener", undefined);
    listenToPage("offline", () => undefined)();
    vi.stubGlobal("addEventListener", (...args: [string, () => void]) => target.addEventListener(...args));
    vi.stubGlobal("removeEventListener", (...args: [string, () => void]) => target.removeEventListener(...args));
    const listener = vi.fn();
    const stop = listenToPage("offline", listener);
    target.dispatchEvent(new Event("offline"));
    stop();
    target.dispatchEvent(new Event("offline"));
    expect(listener).toHaveBeenCalledOnce();
  });

  it("leaves cookies to the browser", async () => {
    expect((await load()).createCookieStore()).toBeUndefined();
    expect(node.createCookieStore(true)).toBeDefined();
    expect(node.createCookieStore(false)).toBeUndefined();
  });
});

describe("the platform of Node", () => {
  it("has no page", () => {
    expect(node.pageLocation()).toBeUndefined();
    const stop = node.listenToPage("offline", () => undefined);
    stop();
  });
});
