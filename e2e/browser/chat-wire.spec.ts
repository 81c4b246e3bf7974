// What the chat example says about its connection, and how its process begins and ends.
import { ChatServer } from "./support/chat.js";
import { expect, test } from "./support/chat-test.js";

test.describe("the wire", () => {
  test("shows how the connection moves to WebSocket, and the round trip", async ({ join }) => {
    const ada = await join("Ada");
    const { wire } = ada;
    await expect(wire).toHaveAttribute("data-state", "websocket");
    await expect(ada.status).toHaveText(/^Moved from long-polling to WebSocket after \d+ ms\.$/);
    await expect(wire.getByText(/^(< 1|\d+) ms$/)).toBeVisible();
    await wire.getByRole("button", { name: "Details" }).click();
    await expect(wire.getByRole("list", { name: "What happened" }).getByRole("listitem")).toHaveText([
      /Connected over long-polling\./,
      /Moved from long-polling to WebSocket/,
    ]);
    await ada.page.keyboard.press("Escape");
    await expect(wire.getByRole("list", { name: "What happened" })).toBeHidden();
  });

  test("after a restart of the server the page comes back by itself, says so, and sends what waited", async ({
    join,
    chat,
  }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    await ada.say("before");
    await expect(bo.message("before")).toBeVisible();
    expect((await chat.stop()).code).toBe(0);
    await expect(ada.status).toHaveText(/Connection lost|Reconnecting/);
    await ada.say("written while away");
    await ada.say("and this");
    await expect(ada.message("written while away").getByText("Waiting for the connection")).toBeVisible();

    const again = new ChatServer(chat.port);
    await again.ready();
    await expect(ada.status).toHaveText(/^The server was restarted\. Back after .+, in your room\.$/);
    await expect(ada.message("written while away").getByText("Delivered")).toBeAttached();
    await expect(bo.message("and this")).toBeVisible();
    expect(await ada.texts()).toEqual(["before", "written while away", "and this"]);
    expect(await bo.texts()).toEqual(["before", "written while away", "and this"]);
    await expect(ada.wire).toHaveAttribute("data-state", "websocket");
    await again.stop("SIGKILL");
  });

  test("after a short time offline nothing was missed", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo")];
    await bo.say("one");
    await expect(ada.message("one")).toBeVisible();
    await ada.page.context().setOffline(true);
    await expect(ada.status).toHaveText(/this device is offline|Reconnecting/);
    await bo.say("two");
    await expect(bo.message("two").getByText("Delivered")).toBeAttached();
    await ada.say("three");
    await ada.page.context().setOffline(false);
    await expect(ada.status).toHaveText(/^Back after .+ Nothing was missed\.$/);
    await expect(bo.message("three")).toBeVisible();
    await expect(ada.message("three").getByText("Delivered")).toBeAttached();
    expect((await ada.texts()).sort()).toEqual(["one", "three", "two"]);
    expect(await bo.texts()).toEqual(["one", "two", "three"]);
  });

  test("who changes the room while offline finds it whole", async ({ join }) => {
    const [ada, bo] = [await join("Ada"), await join("Bo", "Workshop")];
    await bo.say("before");
    await ada.say("here");
    await expect(ada.message("here").getByText("Delivered")).toBeAttached();
    await ada.page.context().setOffline(true);
    await expect(ada.status).toHaveText(/this device is offline|Reconnecting/);
    await ada.enter("Workshop");
    await ada.say("from offline");
    await bo.say("meanwhile");
    await ada.page.context().setOffline(false);
    await expect(bo.message("from offline")).toBeVisible();
    await expect(ada.message("meanwhile")).toBeVisible();
    expect(await ada.texts()).toEqual(["before", "meanwhile", "from offline"]);
    await expect(ada.page.getByRole("button", { name: "Workshop 2 online" })).toBeVisible();
  });
});

test.describe("the process", () => {
  test("ends in good order on a signal, with people connected", async ({ chat, join }) => {
    await join("Ada");
    const ended = await chat.stop("SIGINT");
    expect(ended).toEqual({ code: 0, signal: null, errors: "" });
  });

  test("says what to do when its port is in use", async ({ chat }) => {
    const second = new ChatServer(chat.port);
    const ended = await second.ended();
    expect(ended.code).toBe(1);
    expect(ended.errors.trim()).toBe(`Port ${chat.port} is in use. Choose another one: PORT=3001 npm start`);
  });

  test("prints the address it listens at, with PORT=0 too", async () => {
    const server = new ChatServer(0);
    const url = await server.ready();
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect((await server.stop()).code).toBe(0);
  });
});
