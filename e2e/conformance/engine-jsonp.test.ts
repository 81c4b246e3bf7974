// JSONP (`j` in the query): polling answers that are scripts, posts that are forms. Off for clients of today unless asked for, on for
// those of revision 3, and for foreign pages as closed as every other transport.
import { runInNewContext } from "node:vm";
import { collect, httpRequest, type HttpRequestOptions, type HttpResponse, once } from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { engineUnderTest, REFUSAL, SEPARATOR } from "./support.js";
import { legacyPackets, legacyPayload } from "./support-v3.js";

type Options = Parameters<typeof engineUnderTest>[0];

/** Runs an answer as a page does, and gives what its function was called with. */
function run(answer: HttpResponse, index = "0"): string {
  const calls: unknown[] = [];
  const sandbox = { ___eio: { [index]: (payload: unknown) => calls.push(payload) } };
  runInNewContext(answer.text, sandbox);
  expect(calls).toHaveLength(1);
  return calls[0] as string;
}

/** What a page's form sends: line breaks escaped, and what looks like one escaped before (revision 3, "JSONP"). */
function form(payload: string): HttpRequestOptions {
  const d = payload.replace(/\\n/g, "\\\n").replace(/\n/g, "\\n");
  return {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ d }).toString(),
  };
}

interface Opened {
  readonly session: Session;
  readonly opening: HttpResponse;
  request(options?: HttpRequestOptions, query?: Record<string, string>): Promise<HttpResponse>;
}

async function opened(options: Options, query: Record<string, string>): Promise<Opened> {
  const { client, nextSession } = await engineUnderTest(options);
  const connected = nextSession();
  const opening = await httpRequest(client.url("polling", query));
  const session = await connected;
  return {
    session,
    opening,
    request: (request, more) => httpRequest(client.url("polling", { ...query, sid: session.id, ...more }), request),
  };
}

describe.each([
  {
    revision: "4",
    options: { allowJSONP: true },
    toPayload: (...packets: string[]) => packets.join(SEPARATOR),
    toPackets: (payload: string) => payload.split(SEPARATOR),
    binary: "bAP8=",
  },
  {
    revision: "3",
    options: { allowEIO3: true },
    toPayload: legacyPayload,
    toPackets: legacyPackets,
    binary: "b4AP8=",
  },
])("JSONP in revision $revision", ({ revision, options, toPayload, toPackets, binary }) => {
  const query = { EIO: revision, j: "0" };

  test("answers with a script that calls the page's function, declared as one", async () => {
    const { opening, session } = await opened(options, query);
    expect(opening.status).toBe(200);
    expect(opening.text).toMatch(/^\/\*\*\/___eio\[0\]\(".*"\);$/s);
    expect(opening.headers).toMatchObject({
      "content-type": "text/javascript; charset=UTF-8",
      "content-length": String(opening.raw.length),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    const [open = ""] = toPackets(run(opening));
    expect(JSON.parse(open.slice(1))).toMatchObject({ sid: session.id });
  });

  test("S28 takes digits alone as the function's index, and keeps it for the session", async () => {
    const { opening, session, request } = await opened(options, { EIO: revision, j: "1);alert(2)//<script>34" });
    expect(opening.text).toMatch(/^\/\*\*\/___eio\[1234\]\("/);
    session.send("x");
    const answer = await request({}, { j: "9" });
    expect(answer.text).toBe(`/**/___eio[1234](${JSON.stringify(toPayload("4x"))});`);
  });

  test("S28 escapes what ends a line of a script, and what ends a script", async () => {
    const { session, request } = await opened(options, query);
    const text = 'a\u2028b\u2029c</script><!-- "\\ é😀 \n \\n';
    session.send(text);
    session.send(Buffer.from([0, 255]));
    const answer = await request();
    expect(answer.text).not.toMatch(/[\u2028\u2029<]/);
    expect(toPackets(run(answer))).toEqual([`4${text}`, binary]);
  });

  test("reads the form of a page, line breaks and what looks like them included", async () => {
    const { session, request } = await opened(options, query);
    const texts = ["a\nb", "a\\nb", "a\\\\nb", 'é😀 +&=%"', "\\", "\n"];
    const heard = collect(session, "message", texts.length + 1);
    for (const text of texts) {
      const answer = await request(form(toPayload(`4${text}`)));
      expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "ok", "text/html"]);
    }
    await request(form(toPayload(binary)));
    expect((await heard).map(([data]) => data)).toEqual([...texts, Buffer.from([0, 255])]);
  });

  test.each([
    ["no field d", "x=4a"],
    ["an empty field", "d="],
    ["two fields d", "d=4a&d=4b"],
    ["a payload that is malformed", "d=zz"],
    ["broken percent-encoding", "d=%E0%A4%A"],
  ])("ends the session for a form with %s", async (_what, body) => {
    const { session, request } = await opened(options, query);
    const ended = once(session, "close");
    await request({ ...form(""), body });
    expect((await ended)[0]).toBe("parse error");
  });

  test("ends the session for a binary body", async () => {
    const { session, request } = await opened(options, query);
    const ended = once(session, "close");
    const headers = { "Content-Type": "application/octet-stream" };
    expect((await request({ method: "POST", headers, body: "4a" })).status).toBe(400);
    expect((await ended)[0]).toBe("transport error");
  });

  test("answers 413 for a form over the limit, and the session lives", async () => {
    const { session, request } = await opened({ ...options, maxHttpBufferSize: 200 }, query);
    expect((await request(form(toPayload(`4${"x".repeat(300)}`)))).status).toBe(413);
    expect(session.readyState).toBe("open");
  });

  test("says goodbye in a script too", async () => {
    const { session, request } = await opened(options, query);
    session.close();
    expect(toPackets(run(await request()))).toEqual(["6", "1"]);
  });

  test("is compressed as other answers are", async () => {
    const { session, request } = await opened(options, query);
    session.send("x".repeat(5_000));
    const answer = await request({ headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(toPackets(run(answer))).toEqual([`4${"x".repeat(5_000)}`]);
  });

  test("is refused for an index without a digit", async () => {
    const { client, engine } = await engineUnderTest(options);
    const reported = once<[{ context: unknown }]>(engine, "connection_error");
    const answer = await httpRequest(client.url("polling", { EIO: revision, j: "x" }));
    expect([answer.status, answer.json()]).toEqual([400, REFUSAL.BAD_REQUEST]);
    expect((await reported)[0].context).toEqual({ name: "JSONP_INDEX", j: "x" });
  });

  describe("from a page", () => {
    const cors = { origin: "https://friend.example" };

    test.each([
      ["of this server", { Referer: "SELF/chat" }, 200],
      ["of this server, by what the browser says", { "Sec-Fetch-Site": "same-origin", Cookie: "id=1" }, 200],
      ["that is named", { Referer: "https://friend.example/page", "Sec-Fetch-Site": "cross-site" }, 200],
      ["that is foreign", { Referer: "https://evil.example/" }, 403],
      ["that hides itself", { "Sec-Fetch-Site": "cross-site" }, 403],
      ["that hides itself from an old browser, with the user's cookies", { Cookie: "id=1" }, 403],
      ["that hides itself from an old browser, with the user's password", { Authorization: "Basic eDp5" }, 403],
      ["whose address is none", { Referer: "about:nowhere" }, 403],
      ["whose address can't be read", { Referer: "%%%" }, 403],
      ["that is foreign by its Origin", { Origin: "https://evil.example", Referer: "https://friend.example/" }, 403],
      ["that is named by its Origin", { Origin: "https://friend.example" }, 200],
      ["that is none, as a program's request", {}, 200],
    ] as [string, Record<string, string>, number][])("%s: %o is answered %i", async (_what, given, status) => {
      const { client, url, engine } = await engineUnderTest({ ...options, cors });
      const headers = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, value.replace("SELF", url)]),
      );
      const answer = await httpRequest(client.url("polling", query), { headers });
      expect(answer.status).toBe(status);
      expect(engine.clientsCount).toBe(status === 200 ? 1 : 0);
      if (status === 403) expect(answer.json()).toMatchObject({ code: 4 });
    });
  });
});

describe("JSONP is off", () => {
  test.each([
    ["for clients of today", { EIO: "4" }, {}],
    ["for clients of today beside old ones", { EIO: "4" }, { allowEIO3: true }],
    ["for old clients where it is switched off", { EIO: "3" }, { allowEIO3: true, allowJSONP: false }],
  ])("%s: the request is refused with a reason of its own", async (_whom, query, options) => {
    const { client, engine } = await engineUnderTest(options);
    const reported = once<[{ context: unknown }]>(engine, "connection_error");
    const answer = await httpRequest(client.url("polling", { ...query, j: "0" }));
    expect([answer.status, answer.json()]).toEqual([400, { code: 3, message: "JSONP is off" }]);
    expect((await reported)[0].context).toEqual({ name: "JSONP_DISABLED" });
    expect(engine.clientsCount).toBe(0);
  });

  test("in a session that was opened without it, whatever a later request names", async () => {
    const { session, request } = await opened({ allowEIO3: true, allowJSONP: true }, { EIO: "4" });
    session.send("x");
    const answer = await request({}, { j: "0" });
    expect([answer.text, answer.headers["content-type"]]).toEqual(["4x", "text/plain; charset=UTF-8"]);
  });

  test("over WebSocket, where the parameter means nothing", async () => {
    const { client, engine } = await engineUnderTest();
    await client.websocket({ j: "0" });
    expect(engine.clientsCount).toBe(1);
  });
});
