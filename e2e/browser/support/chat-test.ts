// The `test` of the chat's specs: a server of its own for each test, and people who have joined it.
import { test as base } from "@playwright/test";
import { arrive, ChatServer, freePort, type Person } from "./chat.js";
import { isEverwire } from "./peer.js";
import { expect } from "./test.js";

export interface Fixtures {
  /** Runs by itself, before the others. */
  ours: undefined;
  /** The running server. */
  chat: ChatServer;
  /** A person who has joined, in a window of his own. */
  join: (name: string, room?: string) => Promise<Person>;
}

export const test = base.extend<Fixtures>({
  ours: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's dependencies from this pattern
    async ({}, use, info) => {
      info.skip(!isEverwire, "the example is ours");
      await use(undefined);
    },
    { auto: true },
  ],
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's dependencies from this pattern
  chat: async ({}, use) => {
    const chat = new ChatServer(await freePort());
    await chat.ready();
    await use(chat);
    await chat.stop("SIGKILL");
  },
  join: async ({ browser, chat }, use) => {
    const people: Person[] = [];
    await use(async (name, room) => {
      const person = await arrive(browser, chat, name);
      people.push(person);
      await person.join(room);
      await expect(person.field).toBeVisible();
      return person;
    });
    for (const person of people) await person.page.context().close();
  },
});

export { expect } from "./test.js";
