// One application, written against the documented interface of Socket.IO alone (e2e/moving), runs on Socket.IO and on Everwire with
// nothing changed but the names that it imports: both sides moved, one of them, or none.
import { rmSync } from "node:fs";
import { type FaultProxy, startFaultProxy } from "@everwire/testkit";
import { type Browser, expect, type Locator, type Page, test as base } from "@playwright/test";
import { build, copyTo, EVERWIRE, STOCK } from "../moving/support/build.js";
import { House } from "../moving/support/house.js";
import { contrastFaults } from "./support/contrast.js";

/** A red square of 2 × 1 pixels. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8Dwn4EBAAj+Af9IxWaQAAAAAElFTkSuQmCC",
  "base64",
);

const WAYS = [
  { name: "nothing moved", imports: STOCK },
  { name: "the server moved", imports: { ...STOCK, server: EVERWIRE.server } },
  { name: "the client moved", imports: { ...STOCK, client: EVERWIRE.client } },
  { name: "both moved", imports: EVERWIRE },
] as const;

/** One window of one visitor. */
class Visitor {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get status(): Locator {
    return this.page.getByRole("status");
  }

  get bids(): Locator {
    return this.page.getByRole("list", { name: "Bids" }).getByRole("listitem");
  }

  get note(): Locator {
    return this.page.locator("#note");
  }

  get people(): Locator {
    return this.page.getByRole("list", { name: "In the hall" }).getByRole("listitem");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name });
  }

  async bid(amount: number): Promise<void> {
    await this.page.getByLabel("Your bid").fill(String(amount));
    await this.button("Bid").click();
  }

  /** Looks at a lot until it is on the table. */
  async enter(lot: string): Promise<void> {
    await this.button(lot).click();
    await expect(this.page.getByRole("heading", { level: 1, name: lot })).toBeVisible();
  }
}

async function visit(browser: Browser, url: string, name: string): Promise<Visitor> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Take a seat" }).click();
  const visitor = new Visitor(page);
  await expect(visitor.status).toHaveText("Connected");
  await expect(page.getByRole("heading", { level: 1, name: "Longcase clock" })).toBeVisible();
  return visitor;
}

interface Fixtures {
  house: House;
  network: FaultProxy;
  come: (name: string, url?: string) => Promise<Visitor>;
}

interface WorkerFixtures {
  /** The folder of a built copy; each is built once a worker. */
  built: (way: (typeof WAYS)[number]) => Promise<string>;
}

const test = base.extend<Fixtures & { way: (typeof WAYS)[number] }, WorkerFixtures>({
  way: [WAYS[0], { option: true }],
  built: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's dependencies from this pattern
    async ({}, use) => {
      const folders = new Map<string, string>();
      await use(async ({ name, imports }) => {
        const known = folders.get(name);
        if (known !== undefined) return known;
        const folder = copyTo(`${name.replaceAll(" ", "-")}-${process.pid}`, imports);
        folders.set(name, folder);
        await build(folder);
        return folder;
      });
      for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  house: async ({ built, way }, use) => {
    const house = new House(await built(way));
    await house.open();
    await use(house);
    await house.close("SIGKILL");
  },
  network: async ({ house }, use) => {
    const proxy = await startFaultProxy(house.port);
    await use(proxy);
    await proxy.close();
  },
  come: async ({ browser, house }, use) => {
    const visitors: Visitor[] = [];
    await use(async (name, url = house.url) => {
      const visitor = await visit(browser, url, name);
      visitors.push(visitor);
      return visitor;
    });
    for (const { page } of visitors) await page.context().close();
  },
});

for (const way of WAYS) {
  test.describe(way.name, () => {
    test.use({ way });

    test("visitors bid against each other, lot by lot and sale by sale", async ({ come }) => {
      const [ada, bo] = [await come("Ada"), await come("Bo")];
      await expect(ada.people).toHaveText([/^Ada \((Chrome|Firefox)\)$/, /^Bo \(/]);
      expect(await contrastFaults(ada.page)).toEqual([]);

      await ada.bid(10);
      await expect(bo.bids).toHaveText(["Ada€ 10"]);
      await bo.bid(20);
      await expect(ada.bids).toHaveText(["Ada€ 10", "Bo€ 20"]);
      await ada.bid(15);
      await expect(ada.note).toHaveText("Somebody bids 20 already.");
      await ada.bid(0.5);
      await expect(ada.note).toHaveText("Bid a whole number.");

      await expect(ada.status).toHaveAttribute("title", "Over websocket"); // what is volatile does not wait for an upgrade
      await expect(bo.status).toHaveAttribute("title", "Over websocket");
      await ada.page.getByLabel("Your bid").fill("3");
      await expect(bo.page.getByText("Ada is thinking…")).toBeVisible();

      await bo.enter("Violin in its case");
      await ada.bid(30);
      await expect(ada.bids).toHaveCount(3);
      await bo.bid(1);
      await expect(bo.bids).toHaveText(["Bo€ 1"]);
      await expect(ada.bids).toHaveText(["Ada€ 10", "Bo€ 20", "Ada€ 30"]);

      await bo.button("Autumn sale").click();
      await expect(bo.page.getByRole("heading", { level: 1, name: "Sea atlas" })).toBeVisible();
      await bo.enter("Ship's lamp");
      await expect(bo.people).toHaveText([/^Bo/]);
      await expect(ada.people).toHaveText([/^Ada/]);
      await bo.bid(5);
      await expect(bo.bids).toHaveText(["Bo€ 5"]);
    });

    test("a bid that looks like a slip is asked about, and the answer counts", async ({ come }) => {
      const [ada, bo] = [await come("Ada"), await come("Bo")];
      await bo.bid(10);
      await expect(ada.bids).toHaveCount(1);
      await ada.bid(1000);
      await expect(ada.page.getByRole("dialog")).toContainText("Do you mean € 1,000?");
      await ada.button("Take it back").click();
      await expect(ada.note).toHaveText("Your bid was taken back.");
      await ada.bid(100);
      await ada.button("I mean it").click();
      await expect(bo.bids).toHaveText(["Bo€ 10", "Ada€ 100"]);
    });

    test("nobody is let in without a name, nor to a sale that there is not", async ({ browser, come, house }) => {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${house.url}/#unknown`);
      await expect(page.getByRole("status")).toHaveText("Tell us your name first.");
      await page.getByLabel("Your name").fill("<b>");
      await page.getByRole("button", { name: "Take a seat" }).click();
      await expect(page.getByText("Please choose another name.")).toBeVisible();
      await page.context().close();

      const ada = await come("Ada");
      const button = ada.button("Autumn sale");
      await button.evaluate((element) => element.setAttribute("data-sale", "winter"));
      await button.click();
      await expect(ada.status).toHaveText("Invalid namespace");
    });

    test("photos travel as bytes, and what is no photo is refused", async ({ come }) => {
      const [ada, bo] = [await come("Ada"), await come("Bo")];
      const file = ada.page.getByLabel("Show a photo");
      await file.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("text") });
      await expect(ada.note).toHaveText("This is neither a PNG nor a JPEG.");
      await file.setInputFiles({ name: "red.png", mimeType: "image/png", buffer: PNG });
      await expect(ada.note).toContainText(`all ${PNG.length} bytes`);
      const widthOf = (visitor: Visitor): Promise<number> =>
        visitor.page.getByRole("img", { name: "Photo of the lot" }).evaluate((image: HTMLImageElement) => {
          return image.naturalWidth;
        });
      await expect.poll(() => widthOf(bo)).toBe(2);
      const chi = await come("Chi");
      await expect.poll(() => widthOf(chi)).toBe(2);
    });

    test("the auctioneer's desk opens for its PIN, sells before everybody's eyes, and sends people out", async ({
      come,
    }) => {
      const [ada, bo, chi] = [await come("Ada"), await come("Bo"), await come("Chi")];
      await chi.enter("Terrestrial globe");
      await ada.page.getByText("Auctioneer's desk").click();
      const pin = ada.page.getByLabel("PIN");
      await pin.fill("1");
      await ada.button("Open the desk").click();
      await expect(ada.page.getByText("Wrong PIN. It has 4 digits.")).toBeVisible();
      await pin.fill("2718");
      await ada.button("Open the desk").click();
      await expect(ada.page.getByText(/[1-9]\d* events received, [1-9]\d* sent/)).toBeVisible();

      await ada.button("Let the hammer fall").click();
      await expect(ada.note).toHaveText("Nobody has bid.");
      await bo.bid(7);
      await expect(ada.bids).toHaveCount(1);
      await ada.button("Let the hammer fall").click();
      await expect(bo.note).toHaveText("Sold to Bo, before 2 pairs of eyes.");
      await bo.bid(8);
      await expect(bo.note).toHaveText("The hammer has fallen.");
      await expect(chi.note).toHaveText("");

      await ada.page.getByLabel("Bidder").fill("Bo");
      await ada.button("Ask to leave").click();
      await expect(ada.note).toHaveText("1 asked to leave.");
      await expect(bo.note).toHaveText("The auctioneer asked you to leave.");
      await expect(bo.status).toHaveText("Left the hall");
      await expect(ada.people).toHaveText([/^Ada/, /^Chi/]);
    });

    test("a cut connection comes back with every bid that it missed, in order", async ({ come, network }) => {
      const [ada, bo] = [await come("Ada", network.url), await come("Bo")];
      await ada.bid(1);
      await expect(bo.bids).toHaveCount(1);
      await expect(ada.status).toHaveAttribute("title", "Over websocket");
      network.set({ refuse: true });
      network.cut();
      for (const amount of [2, 3, 4, 5, 6]) {
        await bo.bid(amount);
        await expect(bo.bids).toHaveCount(amount);
      }
      await ada.bid(50); // waits in the page
      await expect(ada.bids).toHaveCount(1);
      network.set({ refuse: false });
      const all = ["Ada€ 1", "Bo€ 2", "Bo€ 3", "Bo€ 4", "Bo€ 5", "Bo€ 6", "Ada€ 50"];
      await expect(bo.bids).toHaveText(all);
      await expect(ada.bids).toHaveText(all);
      await expect(ada.people).toHaveText([/^Ada/, /^Bo/]);
      // Recovered, or never told of the cut: in any case it did not have to ask what it had missed.
      await expect(ada.status).toHaveText(/^(Back, nothing missed|Connected)$/);
      await expect(ada.page.locator("body")).toHaveAttribute("data-arrivals", "1");
    });

    test("pages find a server that was started again", async ({ come, house }) => {
      const [ada, bo] = [await come("Ada"), await come("Bo")];
      await bo.enter("Terrestrial globe");
      await ada.enter("Terrestrial globe");
      await ada.bid(9);
      await expect(bo.bids).toHaveText(["Ada€ 9"]);
      await house.close();
      await house.open();
      // It has forgotten the bids, and the pages show what it knows.
      for (const visitor of [ada, bo]) {
        await expect(visitor.page.locator("body")).toHaveAttribute("data-arrivals", "2");
        await expect(visitor.status).toHaveText("Connected");
        await expect(visitor.bids).toHaveCount(0);
        await expect(visitor.people).toHaveCount(2);
      }
      await bo.bid(4);
      await expect(ada.bids).toHaveText(["Bo€ 4"]);
    });
  });
}
