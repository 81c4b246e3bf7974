// JSONP in a session that is resumed (PROTOCOL.md, "JSONP"): the answer is a script again, a refusal too, and a form can say goodbye.
import { httpRequest, once, until, type HttpResponse } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { engineUnderTest, REFUSAL } from "./support.js";

type Options = Parameters<typeof engineUnderTest>[0];

const ALLOWED = { allowJSONP: true };

/** Opens a session over JSONP, and gives how to ask for it again. */
async function opened(options: Options) {
  const { client, nextSession } = await engineUnderTest(options);
  const connected = nextSession();
  await httpRequest(client.url("polling", { j: "0", ew: "1" }));
  const session = await connected;
  const resume = (query: Record<string, string> = {}): Promise<HttpResponse> =>
    httpRequest(client.url("polling", { sid: session.id, ew: "1", resume: "0", leg: "1", j: "3", ...query }));
  return { client, session, resume };
}

describe("a session over JSONP", () => {
  test("is resumed by a script that calls the function of the new request", async () => {
    const { client, session, resume } = await opened(ALLOWED);
    const answer = await resume();
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/javascript; charset=UTF-8"]);
    const [, json = ""] = /^\/\*\*\/___eio\[3\]\((".*")\);$/s.exec(answer.text) ?? [];
    expect(JSON.parse((JSON.parse(json) as string).slice(1))).toMatchObject({
      sid: session.id,
      resume: { received: 0 },
    });
    const heard = once(session, "message");
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const posted = client.url("polling", { sid: session.id, leg: "1", n: "0", j: "3" });
    expect((await httpRequest(posted, { method: "POST", headers, body: "d=4back" })).text).toBe("ok");
    expect((await heard)[0]).toBe("back");
  });

  test("that is unknown is said by a script, and not resumed", async () => {
    const { session, resume } = await opened(ALLOWED);
    const answer = await resume({ sid: "</script>" });
    expect([answer.status, answer.headers["x-content-type-options"]]).toEqual([200, "nosniff"]);
    expect(answer.text).toBe('/**/___eio[3]({"code":1,"message":"Session ID unknown"});');
    expect(session.readyState).toBe("open");
  });

  test("of which nothing is resumed is told of other faults as ever", async () => {
    const { resume } = await opened(ALLOWED);
    expect((await resume({ j: "x" })).json()).toEqual(REFUSAL.BAD_REQUEST);
    expect((await resume({ leg: "x" })).status).toBe(400);
  });

  test.each(["open", "suspended"])("ends by a form with nothing but a close packet (%s)", async (state) => {
    const { client, session } = await opened(ALLOWED);
    if (state === "suspended") {
      const leaving = new AbortController();
      const poll = httpRequest(client.url("polling", { sid: session.id, j: "0" }), { signal: leaving.signal });
      await until(() => session.transport.writable, "the poll");
      leaving.abort();
      await expect(poll).rejects.toThrow();
      await until(() => session.readyState === "suspended", "the suspension");
    }
    const ended = once(session, "close");
    const url = client.url("polling", { sid: session.id, leg: "1", j: "3" });
    expect((await httpRequest(url, { method: "POST", body: "d=1" })).text).toBe("ok");
    expect((await ended)[0]).toBe("transport close");
  });

  test("does not end by any other form of that length", async () => {
    const { client, session } = await opened(ALLOWED);
    const url = client.url("polling", { sid: session.id, leg: "1", j: "3" });
    expect((await httpRequest(url, { method: "POST", body: "d=6" })).status).toBe(400);
    expect(session.readyState).toBe("open");
  });
});

test("where JSONP is off, no session is resumed by it, and none is told of in a script", async () => {
  const { client, nextSession } = await engineUnderTest();
  const connected = nextSession();
  await httpRequest(client.url("polling", { ew: "1" }));
  const session = await connected;
  const query = { sid: session.id, ew: "1", resume: "0", leg: "1", j: "3" };
  const answer = await httpRequest(client.url("polling", query));
  expect([answer.status, answer.json()]).toEqual([400, { code: 3, message: "JSONP is off" }]);
  const unknown = await httpRequest(client.url("polling", { ...query, sid: "nobody" }));
  expect([unknown.status, unknown.json()]).toEqual([400, REFUSAL.UNKNOWN_SID]);
  expect(session.readyState).toBe("open");
});
