// The logins of examples/auth in a browser, as their pages do them: the browser keeps the cookie and sends it on both transports.
import { expect, test as base, type Page } from "@playwright/test";
import { type Example, startExample } from "../examples/run-example.js";

const test = base.extend<{ start: (file: string, env?: Record<string, string>) => Promise<Example> }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's dependencies from this pattern
  start: async ({}, use) => {
    const examples: Example[] = [];
    await use(async (file, env = {}) => {
      const example = await startExample("auth", { file, env });
      examples.push(example);
      return example;
    });
    for (const example of examples) await example.kill();
  },
});

async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}
const expectState = (page: Page, text: string): Promise<void> => expect(page.getByRole("status")).toHaveText(text);
const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name }).click();

for (const transports of ["polling", "websocket"]) {
  for (const file of ["session.js", "passport.js"]) {
    test(`${file}: a login by cookie opens the socket, a logout ends it in every tab (${transports})`, async ({
      start,
      context,
    }) => {
      const { url } = await start(file);
      const address = `${url}/?transports=${transports}`;
      const page = await context.newPage();
      await page.goto(address);
      await expectState(page, "Refused: not logged in");
      await logIn(page, "ada", "a guess");
      await expectState(page, "Wrong name or password");
      await logIn(page, "ada", "engine-1843");
      await expectState(page, "Connected as ada");
      await press(page, "Count");
      await expectState(page, "Count: 1");

      const other = await context.newPage();
      await other.goto(address);
      await expectState(other, "Connected as ada");
      expect(await other.evaluate(() => document.cookie)).toBe("");

      await press(page, "Log out");
      await expectState(page, "Disconnected: io server disconnect");
      await expectState(other, "Disconnected: io server disconnect");
      await page.reload();
      await expectState(page, "Refused: not logged in");
    });
  }

  test(`token.js: a page connects anew with a new token when the old one is over (${transports})`, async ({
    start,
    page,
  }) => {
    const { url } = await start("token.js", { TOKEN_SECONDS: "1" });
    const tokens: string[] = [];
    page.on("response", (response) => {
      if (response.url().endsWith("/token") && response.ok()) tokens.push(response.url());
    });
    await page.goto(`${url}/?transports=${transports}`);
    await expectState(page, "Refused: not logged in");
    await logIn(page, "grace", "compiler-1952");
    await expect.poll(() => tokens.length).toBeGreaterThanOrEqual(3);
    await expectState(page, "Connected as grace");
    await press(page, "Log out");
    await expectState(page, "Refused: not logged in");
    const count = tokens.length;
    await page.reload();
    await expectState(page, "Refused: not logged in");
    expect(tokens).toHaveLength(count);
  });
}
