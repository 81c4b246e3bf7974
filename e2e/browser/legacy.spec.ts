// The bundle for old engines, in a browser that has forgotten all that came after ES5: each way to the server, with and without typed
// arrays, WebSocket and Blob.
import { openLegacy, reported, type Forgettable } from "./support/legacy-page.js";
import { expect, SCRIPT_WAYS, test } from "./support/test.js";
import type { Server, Socket } from "@everwire/server";

const TEXT = "€ 𝒳 👩🏽‍🚀 \u2028 \n";
const BYTES = [0, 255, 4, 251];

/** Echoes, tells in hex what bytes arrived, and sends bytes of its own. */
function setup(io: Server): void {
  const answer = (socket: Socket): void => {
    socket.on("echo", (...args: unknown[]) => (args.pop() as (...args: unknown[]) => void)(...args));
    socket.on("describe", (bytes: unknown, ack: (what: unknown) => void) => ack(describe(bytes)));
    socket.on("ask", () => {
      socket.emit("told", { deep: [Buffer.from(BYTES)] }, (back: unknown) => socket.emit("described", describe(back)));
    });
  };
  io.on("connection", answer);
  io.of("/admin").use((socket, next) => next(socket.handshake.auth.token === "t" ? undefined : new Error("not you")));
  io.of("/admin").on("connection", answer);
}

const describe = (bytes: unknown): unknown => (Buffer.isBuffer(bytes) ? bytes.toString("hex") : bytes);

/** Connects to two namespaces and is refused by one; text and a promise's answer; a late answer; then what `more` does with `steps`. */
const talk = (transports: readonly string[], settled: string, more = "done();"): string => `
  var steps = {}, options = { transports: ${JSON.stringify(transports)} };
  var socket = io(options), admin = io("/admin", options);
  function done() {
    steps.transport = socket.io.engine.transport.name;
    steps.names = Object.getOwnPropertyNames(window).indexOf("__assign");
    socket.disconnect();
    report(steps);
  }
  admin.on("connect_error", function (error) {
    steps.refused = [error.message, error instanceof Error, error.code];
    admin.auth = function (give) { give({ token: "t" }); };
    admin.once("connect", function () {
      socket.emitWithAck("echo", { text: ${JSON.stringify(TEXT)} }).then(function (answer) {
        steps.answer = answer;
        return socket.timeout(20).emitWithAck("nobody");
      }).then(null, function (error) {
        steps.late = [error.message, error instanceof Error, error.code];
        if (socket.io.engine.transport.name === "${settled}") next();
        else socket.io.engine.once("upgrade", next);
      });
    });
    admin.connect();
  });
  function next() { ${more} }
`;

const TALKED = {
  refused: ["not you", true, "ERR_CONNECT_REFUSED"],
  answer: { text: TEXT },
  late: ["operation has timed out", true, "ERR_ACK_TIMEOUT"],
  names: -1,
};

/** Bytes as an array, there and back, and a view that is a part of its buffer. */
const WITH_BYTES = `
  var view = new Uint8Array([9].concat(${JSON.stringify(BYTES)}, 9)).subarray(1, 5);
  socket.emit("describe", view, function (hex) {
    steps.sent = hex;
    socket.emit("echo", { buffer: new Uint8Array(view).buffer, empty: new ArrayBuffer(0) }, function (answer) {
      steps.came = [].slice.call(new Uint8Array(answer.buffer)).concat(answer.empty.byteLength);
      done();
    });
  });
`;

/** What the server sends as bytes comes as text, goes back as bytes; what is none is refused. */
const WITHOUT_BYTES = `
  socket.on("told", function (what, ack) {
    steps.came = what;
    ack(what.deep[0]);
  });
  socket.on("described", function (hex) {
    steps.sent = hex;
    try {
      socket.emit("echo", { base64: true, data: "%" });
    } catch (error) {
      steps.wrong = error.code;
    }
    done();
  });
  socket.emit("ask");
`;

for (const way of SCRIPT_WAYS) {
  const expected = { ...TALKED, transport: way.settled };
  const blobless: readonly Forgettable[] = ["es5", "blobs"];

  test(`an ES5 engine with typed arrays talks (${way.name})`, async ({ startSite, page }) => {
    const site = await startSite({ setup });
    await openLegacy(page, site, blobless, { code: talk(way.transports, way.settled, WITH_BYTES) });
    expect(await reported(page)).toEqual({ ...expected, sent: "00ff04fb", came: [...BYTES, 0] });
  });

  test(`an ES5 engine without typed arrays has binary as base64 (${way.name})`, async ({ startSite, page }) => {
    const site = await startSite({ setup });
    await openLegacy(page, site, ["es5", "bytes"], { code: talk(way.transports, way.settled, WITHOUT_BYTES) });
    expect(await reported(page)).toEqual({
      ...expected,
      came: { deep: [{ base64: true, data: Buffer.from(BYTES).toString("base64") }] },
      sent: "00ff04fb",
      wrong: "ERR_BINARY_UNSUPPORTED",
    });
  });
}

test("an engine without WebSocket talks by polling, asked for or not", async ({ startSite, page }) => {
  const site = await startSite({ setup });
  await openLegacy(page, site, ["es5", "bytes", "websocket"], { code: talk(["polling", "websocket"], "polling") });
  expect(await reported(page)).toEqual({ ...TALKED, transport: "polling" });
});

// The browsers of today let no request block the end of a page: here it is the beacon, old engines have the other way.
test("a page that is left is heard of", async ({ startSite, page }) => {
  const site = await startSite({ setup });
  await openLegacy(page, site, ["websocket"], {
    code: `var socket = io({ transports: ["polling"] }); socket.on("connect", function () { report(socket.connected); });`,
  });
  expect(await reported(page)).toBe(true);
  const left = new Promise<string>((resolve) => site.socket.once("disconnect", resolve));
  await page.goto("about:blank");
  expect(await left).toBe("transport close");
});
