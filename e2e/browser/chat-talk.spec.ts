// Talking in the chat example, in words and pictures, with several people in browser windows of their own.
import { arrive } from "./support/chat.js";
import { expect, test } from "./support/chat-test.js";

/** A red square of 2 × 1 pixels. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8Dwn4EBAAj+Af9IxWaQAAAAAElFTkSuQmCC",
  "base64",
);

test.describe("talking", () => {
  test("two people chat; a tick tells that a message was delivered", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    await ada.say("Hello, Bo 👋🏽 𝒳");
    await expect(bo.message("Hello, Bo 👋🏽 𝒳")).toContainText("Ada");
    await expect(ada.message("Hello, Bo").getByText("Delivered")).toBeAttached();
    await bo.say("Hello, Ada");
    await expect(ada.message("Hello, Ada")).toContainText("Bo");
    expect(await ada.texts()).toEqual(["Hello, Bo 👋🏽 𝒳", "Hello, Ada"]);
    expect(await bo.texts()).toEqual(["Hello, Bo 👋🏽 𝒳", "Hello, Ada"]);
  });

  test("who is here and who is typing is shown, and who leaves is gone", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    const people = ada.page.getByRole("region", { name: "In this room" }).getByRole("listitem");
    await expect(people).toHaveText([/Ada\s+you/, /Bo$/]);
    await expect(ada.page.getByRole("button", { name: "Lounge 2 online" })).toBeVisible();
    // What is typed is told by a volatile event: it is not worth a queue while the transport is busy with its upgrade.
    await expect(bo.wire).toHaveAttribute("data-state", "websocket");
    await bo.field.pressSequentially("Well");
    await expect(ada.page.getByText("Bo is typing")).toBeVisible();
    await bo.field.press("Enter");
    await expect(ada.message("Well")).toBeVisible();
    await expect(ada.page.getByText("Bo is typing")).toBeHidden();
    await bo.page.getByRole("button", { name: "Leave the chat" }).click();
    await expect(people).toHaveText([/Ada/]);
    await expect(bo.page.getByRole("button", { name: "Join" })).toBeVisible();
  });

  test("who joins reads the last fifty messages, pictures included", async ({ join }) => {
    const ada = await join("Ada");
    await ada.page.getByLabel("Send an image").first().waitFor();
    for (let i = 1; i <= 20; i++) await ada.say(`number ${i}.`);
    await expect(ada.message("number 20.").getByText("Delivered")).toBeAttached();
    await ada.page.locator("#file").setInputFiles({ name: "red.png", mimeType: "image/png", buffer: PNG });
    const bo = await join("Bo");
    await expect(bo.message("number 20.")).toBeVisible();
    expect(await bo.texts()).toEqual(Array.from({ length: 20 }, (_, index) => `number ${index + 1}.`));
    const picture = bo.page.getByRole("img", { name: "Picture from Ada" });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(2);
  });

  test("what is said in one room is not heard in the other, and each keeps its history", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo", "Workshop")];
    await ada.say("small talk");
    await bo.say("big plans");
    await expect(bo.message("big plans").getByText("Delivered")).toBeAttached();
    expect(await ada.texts()).toEqual(["small talk"]);
    expect(await bo.texts()).toEqual(["big plans"]);
    await ada.enter("Workshop");
    await expect(ada.message("big plans")).toBeVisible();
    await expect(ada.page.getByRole("log", { name: "Messages in the Workshop" })).toBeVisible();
    await expect(ada.page.getByRole("button", { name: "Workshop 2 online" })).toHaveAttribute("aria-current", "true");
    await ada.say("I am with you");
    await expect(bo.message("I am with you")).toBeVisible();
    await ada.enter("Lounge");
    expect(await ada.texts()).toEqual(["small talk"]);
  });

  test("a name can be had once; the refusal is told and the field has the focus", async ({ join, browser, chat }) => {
    await join("Ada");
    const other = await arrive(browser, chat, "  aDA ");
    await other.join();
    await expect(other.page.getByRole("alert")).toContainText("is called “aDA” already");
    await expect(other.page.getByLabel("Your name")).toBeFocused();
    await other.page.getByLabel("Your name").fill("Ada B.");
    await other.page.getByRole("button", { name: "Join" }).click();
    await expect(other.field).toBeFocused();
    await other.page.context().close();
  });

  test("who reads above is not pulled down, and is told that there is more below", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    for (let i = 1; i <= 30; i++) await bo.say(`number ${i}.`);
    await expect(ada.message("number 30.")).toBeInViewport();
    await ada.log.evaluate((log) => {
      log.scrollTop = 0;
    });
    await expect(ada.message("number 1.")).toBeInViewport();
    await bo.say("the newest");
    const more = ada.page.getByRole("button", { name: "New messages" });
    await expect(more).toBeVisible();
    await expect(ada.message("the newest")).not.toBeInViewport();
    await more.click();
    await expect(ada.message("the newest")).toBeInViewport();
    await expect(more).toBeHidden();
  });

  test("a reload keeps the name, the room and what was said", async ({ join }) => {
    const ada = await join("Ada", "Workshop");
    await ada.say("I stay");
    await expect(ada.message("I stay").getByText("Delivered")).toBeAttached();
    await ada.page.reload();
    await expect(ada.message("I stay")).toBeVisible();
    await expect(ada.page.getByRole("heading", { name: "Workshop" })).toBeVisible();
    await expect(ada.message("I stay")).toHaveClass(/own/);
  });
});

test.describe("pictures", () => {
  test("a picture is sent as binary and shown from an object URL, small and large", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    const choosing = ada.page.waitForEvent("filechooser");
    await ada.page.getByRole("button", { name: "Send an image" }).click();
    await (await choosing).setFiles({ name: "red.png", mimeType: "image/png", buffer: PNG });
    const picture = bo.page.getByRole("img", { name: "Picture from Ada" });
    await expect(picture).toHaveAttribute("src", /^blob:http/);
    expect(await picture.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])).toEqual([
      2, 1,
    ]);
    await bo.page.getByRole("button", { name: "Picture from Ada" }).click();
    const viewer = bo.page.getByRole("dialog", { name: "Image" });
    await expect(viewer).toBeVisible();
    await bo.page.keyboard.press("Escape");
    await expect(viewer).toBeHidden();
  });

  test("a large photograph is made smaller before it is sent", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    // Made and chosen in the page: over the debugging protocol so many bytes would take longer than the test.
    const size = await ada.page.evaluate(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1200 });
      const context = canvas.getContext("2d");
      const pixels = context?.createImageData(2400, 1200);
      if (!context || !pixels) throw new Error("no canvas");
      for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = i % 4 === 3 ? 255 : Math.random() * 255;
      context.putImageData(pixels, 0, 0);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
      const input = document.querySelector<HTMLInputElement>("#file");
      if (!blob || !input) throw new Error("no picture");
      const chosen = new DataTransfer();
      chosen.items.add(new File([blob], "noise.jpg", { type: "image/jpeg" }));
      input.files = chosen.files;
      input.dispatchEvent(new Event("change"));
      return blob.size;
    });
    expect(size).toBeGreaterThan(1_000_000);
    const picture = bo.page.getByRole("img", { name: "Picture from Ada" });
    await expect(picture).toHaveAttribute("src", /^blob:/);
    const [width, height] = await picture.evaluate((image: HTMLImageElement) => [
      image.naturalWidth,
      image.naturalHeight,
    ]);
    expect(width).toBeLessThan(2400);
    expect(width / height).toBeCloseTo(2, 1);
  });

  test("what is no picture is not sent, and that is said", async ({ join }) => {
    const ada = await join("Ada");
    const files = ada.page.locator("#file");
    await files.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("text") });
    await expect(ada.page.getByRole("alert")).toContainText("Only PNG, JPEG, GIF and WebP");
    await files.setInputFiles({ name: "fake.png", mimeType: "image/png", buffer: Buffer.from("no png at all") });
    await expect(ada.page.getByRole("alert")).toContainText("not an image that the browser can read");
    await expect(ada.log.getByRole("listitem")).toHaveCount(0);
  });
});
