// The chat example with people who mean no good.
import { expect, test } from "./support/chat-test.js";

test.describe("trust", () => {
  test("markup stays text, and the page allows no script of others", async ({ join, page, chat }) => {
    const evil = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script>`;
    const [ada, bo] = [await join("<b>Ada</b>"), await join("Bo")];
    const complaints: string[] = [];
    bo.page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await ada.say(evil);
    await expect(bo.message(evil)).toContainText("<b>Ada</b>");
    await ada.say("see javascript:alert(1) and https://example.org/a?b=c.");
    await expect(bo.message("see").getByRole("link")).toHaveText(["https://example.org/a?b=c"]);
    await expect(bo.message("see").getByRole("link")).toHaveAttribute("rel", "noopener noreferrer");
    expect(await bo.page.title()).toBe("Everwire chat");
    expect(complaints).toEqual([]);

    const policy = (await page.request.get(chat.url)).headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
  });

  test("the server itself keeps rooms apart, and takes a message that comes twice once", async ({ join }) => {
    const eve = await join("Eve");
    // Sockets without the page around them, which would hide what it gets too much.
    const heard = await eve.page.evaluate(async () => {
      const bundle: string = "/socket.io/everwire.esm.min.js";
      const { io } = (await import(bundle)) as { io: typeof globalThis.io };
      const enter = (nickname: string, room: string): Promise<typeof globalThis.socket> =>
        new Promise((resolve, reject) => {
          const auth = { key: `the key of ${nickname} only`, nickname, room };
          const socket = io({ auth, forceNew: true, transports: ["websocket"] });
          socket.on("connect", () => resolve(socket));
          socket.on("connect_error", reject);
        });
      const [inside, outside, speaker] = await Promise.all([
        enter("Inside", "workshop"),
        enter("Outside", "lounge"),
        enter("Speaker", "workshop"),
      ]);
      const heard: Record<string, string[]> = { inside: [], outside: [] };
      inside.on("message", ({ text }: { text: string }) => heard["inside"]?.push(text));
      outside.on("message", ({ text }: { text: string }) => heard["outside"]?.push(text));
      for (const [id, text] of ["a", "b", "a"].map((name) => [`identity-${name}`, name]))
        await speaker.emitWithAck("message", { id, room: "workshop", text });
      // Another's id does not overwrite his message.
      const forged = { id: "identity-a", room: "workshop", text: "forged" };
      heard["forger"] = [String(((await inside.emitWithAck("message", forged)) as { ok: boolean }).ok)];
      for (const socket of [inside, outside]) await socket.emitWithAck("echo", null);
      for (const socket of [inside, outside, speaker]) socket.disconnect();
      return heard;
    });
    expect(heard).toEqual({ inside: ["a", "b"], outside: [], forger: ["false"] });
  });

  test("a client that sends rubbish gets a word back, and nobody else is bothered", async ({ join, chat }) => {
    const [ada, eve] = [await join("Ada"), await join("Eve")];
    // The page's own module, used as an attacker would.
    const answers = await eve.page.evaluate(async () => {
      const bundle: string = "/socket.io/everwire.esm.min.js";
      const { io } = (await import(bundle)) as { io: typeof globalThis.io };
      const ask = (auth: unknown): Promise<string> =>
        new Promise((resolve) => {
          const socket = io({ auth: auth as Record<string, unknown>, forceNew: true });
          socket.on("connect", () => resolve("connected"));
          socket.on("connect_error", (error) => {
            resolve(error.message);
            socket.disconnect();
          });
        });
      const key = "0123456789abcdef";
      const refusals = [
        await ask({}),
        await ask({ key, nickname: " ", room: "lounge" }),
        await ask({ key, nickname: "x".repeat(25), room: "lounge" }),
        await ask({ key, nickname: "a\u202eb", room: "lounge" }),
        await ask({ key, nickname: { toString: "Ada" }, room: "lounge" }),
        await ask({ key, nickname: "Eve 2", room: "__proto__" }),
      ];
      const socket = io({ auth: { key, nickname: "Mallory", room: "lounge" }, forceNew: true });
      const send = async (...args: unknown[]): Promise<string> => {
        const answer = (await socket.timeout(5_000).emitWithAck(...(args as [string]))) as {
          ok: boolean;
          error?: string;
        };
        return answer.ok ? "ok" : (answer.error ?? "");
      };
      const good = { id: "abcdefgh", room: "lounge", text: "fine" };
      const errors = [
        await send("message", null),
        await send("message", "text"),
        await send("message", { ...good, room: "constructor" }),
        await send("message", { ...good, id: ["abcdefgh"] }),
        await send("message", { ...good, text: 42 }),
        await send("message", { ...good, text: "x".repeat(2_001) }),
        await send("message", { ...good, text: "a\u0000b" }),
        await send("message", {
          ...good,
          image: new TextEncoder().encode("<svg onload=alert(1)>"),
          width: 1,
          height: 1,
        }),
        await send("message", { ...good, image: new Uint8Array([0xff, 0xd8, 0xff]), width: -1, height: "1" }),
        await send("room", "nowhere"),
        await send("image", null),
      ];
      const accepted = [await send("message", good), await send("message", good)];
      const flood = await Promise.all(
        Array.from({ length: 80 }, (_, index) => send("message", { ...good, id: `flooding-${index}` })),
      );
      return { refusals, errors, accepted, refusedOfFlood: flood.filter((answer) => /too fast/.test(answer)).length };
    });
    expect(answers.refusals).not.toContain("connected");
    expect(answers.errors).not.toContain("ok");
    expect(answers.errors).not.toContain("That went wrong on the server.");
    expect(answers.accepted).toEqual(["ok", "ok"]);
    expect(answers.refusedOfFlood).toBeGreaterThan(20);

    await expect(ada.message("fine").first()).toBeVisible();
    await ada.say("still here");
    await expect(eve.message("still here")).toBeVisible();
    expect((await ada.texts()).filter((text) => text !== "fine")).toEqual(["still here"]);
    expect(chat.errors).toBe("");
  });
});
