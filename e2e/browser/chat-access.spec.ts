// The chat example by keyboard, with a screen reader, on a phone, in light and dark.
import { arrive } from "./support/chat.js";
import { expect, test } from "./support/chat-test.js";
import { contrastFaults } from "./support/contrast.js";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

test.describe("for everybody", () => {
  test("all of it works by keyboard alone", async ({ browser, chat, join }) => {
    const bo = await join("Bo");
    const ada = await arrive(browser, chat, "Ada");
    const { page } = ada;
    await expect(page.getByLabel("Your name")).toBeFocused();
    await page.keyboard.type("Ada");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await expect(page.getByLabel("Workshop")).toBeChecked();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await expect(ada.field).toBeFocused();

    await page.keyboard.type("first line");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("second line");
    await page.keyboard.press("Enter");
    await expect(bo.message("first line")).toBeVisible();
    expect(await bo.texts()).toEqual(["first line\nsecond line"]);
    await expect(ada.field).toBeFocused();
    await expect(ada.field).toHaveValue("");

    // Backwards from the field: the picture button, the log, the details, the rooms.
    const focused = (): Promise<string> =>
      page.evaluate(
        () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "",
      );
    const stops: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Shift+Tab");
      stops.push((await focused()).trim().replace(/\s+/g, " "));
    }
    expect(stops).toEqual([
      "Send an image",
      "Messages in the Lounge",
      "Details",
      "Leave the chat",
      "Workshop 0 online",
      "Lounge 2 online",
    ]);
    await page.context().close();
  });

  test("a screen reader finds a log, a status, headings and names for every control", async ({ join }) => {
    const ada = await join("Ada");
    await expect(ada.page.getByRole("log", { name: "Messages in the Lounge" })).toBeVisible();
    await expect(ada.status).toHaveCount(1);
    await expect(ada.page.getByRole("main")).toHaveCount(1);
    await expect(ada.page.getByRole("heading", { level: 1 })).toHaveText("Lounge");
    await expect(ada.page.getByRole("navigation", { name: "Rooms" })).toBeVisible();
    const nameless = await ada.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, input, textarea")]
        .filter((element) => element.offsetParent !== null)
        .filter(
          (element) =>
            !element.ariaLabel && !element.textContent.trim() && !(element as HTMLInputElement).labels?.length,
        )
        .map((element) => element.outerHTML),
    );
    expect(nameless).toEqual([]);
    expect(await ada.page.locator("html").getAttribute("lang")).toBe("en");
    // The round trip changes every two seconds: it must not be read aloud each time.
    const live = await ada.page.evaluate(() =>
      document.querySelector("#round-trip")?.closest("[role=status], [aria-live]"),
    );
    expect(live).toBeNull();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`every text has enough contrast (${colorScheme})`, async ({ browser, chat, join }) => {
      const bo = await join("Bo");
      const ada = await arrive(browser, chat, "Ada", { colorScheme });
      expect(await contrastFaults(ada.page)).toEqual([]);
      await ada.join();
      await ada.say("mine, https://example.org/");
      await bo.say("theirs, https://example.org/");
      await expect(ada.message("theirs")).toBeVisible();
      await ada.page.getByRole("button", { name: "Details" }).click();
      await expect(ada.wire).toHaveAttribute("data-state", "websocket");
      expect(await contrastFaults(ada.page)).toEqual([]);
      await chat.stop("SIGKILL");
      await ada.say("waits");
      await expect(ada.status).toHaveText(/lost|Reconnecting/);
      expect(await contrastFaults(ada.page)).toEqual([]);
      await ada.page.context().close();
    });
  }

  test("fits a phone: nothing to scroll sideways, room for a thumb, people on demand", async ({ browser, chat }) => {
    const ada = await arrive(browser, chat, "Ada", PHONE);
    await ada.join();
    await ada.say(`a_long_word_${"x".repeat(200)}`);
    await expect(ada.message("a_long_word").getByText("Delivered")).toBeAttached();
    const sizes = await ada.page.evaluate(() => ({
      sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: [...document.querySelectorAll<HTMLElement>("button")]
        .filter((button) => button.offsetParent !== null)
        .filter((button) => button.offsetHeight < 32 || button.offsetWidth < 40)
        .map((button) => button.outerHTML),
    }));
    expect(sizes).toEqual({ sideways: 0, small: [] });
    const people = ada.page.getByRole("region", { name: "In this room" });
    await expect(people).toBeHidden();
    await ada.page.getByRole("button", { name: "People" }).click();
    await expect(people).toBeVisible();
    await ada.page.keyboard.press("Escape");
    await expect(people).toBeHidden();
    await expect(ada.page.getByRole("button", { name: "People" })).toBeFocused();
    await ada.page.context().close();
  });

  test("moves nothing for whom motion is too much", { tag: "@chromium" }, async ({ browser, chat }) => {
    const ada = await arrive(browser, chat, "Ada", { reducedMotion: "reduce" });
    await ada.join();
    await ada.say("still");
    await expect(ada.message("still")).toBeVisible();
    expect(await ada.page.evaluate(() => document.getAnimations().length)).toBe(0);
    await ada.page.context().close();
  });
});
