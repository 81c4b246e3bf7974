// The chat example in every engine: a person there joins, is heard by somebody else, and reads the answer. Needs a build.
//   node e2e/engines/chat.mjs [--only chromium,khtml] [--pictures]
// `--pictures` saves what five of them show as docs/images/chat-<engine>.png. The last line has the sums: one engine, one case.
import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { io } from "@everwire/client";
import { startChatSite } from "./chat-site.mjs";
import { loadEngines } from "./engine.mjs";

/** Engines that run at the same time. */
const LANES = 2;
/** The oldest take seconds to start. */
const ANSWER_TIMEOUT_MS = 30_000;
/** For the pictures alone: the last tick, the next measure of the round trip. */
const STANDS_STILL_MS = 2_500;
const IMAGES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const PICTURED = ["chromium", "firefox", "webkit", "qtwebkit", "khtml"];

/** A line editor shows the page, but a person there fills in its form by commands, which the robot in the page has not. */
const WITHOUT_CHAT = ["edbrowse"];

const { values: options } = parseArgs({
  options: { only: { type: "string" }, pictures: { type: "boolean", default: false } },
});
const chosen = options.only?.split(",") ?? (options.pictures ? PICTURED : undefined);
const engines = (await loadEngines()).filter(({ id }) => (chosen ? chosen.includes(id) : !WITHOUT_CHAT.includes(id)));
const total = { passed: 0, failed: 0, skipped: 0 };
if (engines.length === 0) fail("no engine", new Error(`there is none of ${chosen}`));
const waiting = [...engines];
await Promise.all(Array.from({ length: LANES }, runLane));
console.log(`chat: ${JSON.stringify(total)}`);
process.exit(total.failed > 0 ? 1 : 0);

function fail(id, error) {
  total.failed += 1;
  console.error(`failed: the chat in ${id}: ${error.stack}`);
}

async function runLane() {
  for (let engine = waiting.shift(); engine !== undefined; engine = waiting.shift()) {
    const startMs = performance.now();
    try {
      const missing = engine.find();
      if (missing !== undefined) throw new Error(`it is missing: ${missing}`);
      await talk(engine);
      total.passed += 1;
      console.log(`the chat in ${engine.id} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
    } catch (error) {
      fail(engine.id, error);
    } finally {
      await engine.stop?.();
    }
  }
}

/** Ada is a client in this process; the person in the engine has the engine's name. */
async function talk(engine) {
  const site = await startChatSite();
  const ada = io(site.chat, {
    auth: { key: "a key that only Ada has", nickname: "Ada", room: "lounge" },
    forceNew: true,
  });
  let tab;
  try {
    const heard = listen(ada);
    await heard("welcome", () => true, "Ada is let in");
    const name = engine.name.slice(0, 24);
    tab = await engine.open(`${site.url}/?name=${encodeURIComponent(name)}`, { pre: engine.pre });
    await heard("message", ({ text }) => text === `Hello from ${name}`, "the greeting");
    const welcome = `Welcome, ${name}! You are visitor No. ${Math.floor(Math.random() * 1_000_000)}`;
    await ada.emitWithAck("message", { id: `welcome-${process.pid}`, room: "lounge", text: welcome });
    await heard("message", ({ text }) => text === `I read: ${welcome}`, "what the person read");
    if (options.pictures && tab.screenshot) {
      await delay(STANDS_STILL_MS);
      await tab.screenshot(`${IMAGES}chat-${engine.id}.png`);
    }
  } finally {
    ada.disconnect();
    await tab?.close();
    await site.close();
  }
}

/** Keeps what comes from the first moment on, so that nothing is missed between two questions. */
function listen(socket) {
  const kept = [];
  const news = new EventEmitter();
  socket.onAny((event, value) => {
    kept.push({ event, value });
    news.emit("heard");
  });
  return async (event, holds, what) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    while (!kept.some((one) => one.event === event && holds(one.value)))
      await once(news, "heard", { signal }).catch(() => {
        const messages = kept.filter((one) => one.event === "message").map(({ value }) => value.text);
        throw new Error(`nothing came of: ${what}; heard were ${JSON.stringify(messages)}`);
      });
  };
}
