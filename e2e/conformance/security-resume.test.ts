// Attacks on the door through which sessions are taken up again (docs/PROTOCOL.md, "Session resume"): guessed ids, counts that can't be,
// storms on one session, floods of sessions that wait. Each test names the line of the list it belongs to.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { httpRequest, once, RawTcp, until, UpgradeRefused, upgradeRequest, type RawSession } from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { underAttack, type UnderAttack } from "./bystander.js";
import { REFUSAL } from "./support.js";

const POLLING = "/socket.io/?EIO=4&transport=polling";

/** A resumable session whose connection breaks; it waits on the server. */
async function suspended(under: UnderAttack): Promise<{ session: Session; sid: string; socket: RawSession }> {
  const opened = once<[Session]>(under.io.engine, "connection");
  const socket = await under.client.websocket({ ew: "1" });
  const [session] = await opened;
  socket.send("40");
  await socket.nextText();
  const gone = once(session, "suspend");
  socket.terminate();
  await gone;
  return { session, sid: socket.handshake.sid, socket };
}

describe("S26 a session can't be taken by who does not know its id", () => {
  test("hundreds of guesses find nothing, on either transport, and are counted", async () => {
    const under = await underAttack();
    const { sid, session } = await suspended(under);
    const { refused } = under.io.engine.counters;
    for (let i = 0; i < 200; i++) {
      // From far off to one character beside it.
      const guess =
        i < 150 ? randomBytes(16).toString("base64url") : `${sid.slice(0, -1)}${String.fromCharCode(65 + (i % 50))}`;
      if (guess === sid) continue;
      const answer = await httpRequest(`${under.url}${POLLING}&sid=${encodeURIComponent(guess)}&resume=0&leg=1`);
      expect([answer.status, answer.json()]).toEqual([400, REFUSAL.UNKNOWN_SID]);
    }
    // A page can't read an HTTP answer to its WebSocket: it is let in, told, and closed.
    const stranger = await under.client.socket({ sid: "A".repeat(22), resume: "0", leg: "1" });
    expect((await stranger.closed()).code).toBe(4007);
    expect(stranger.pending).toEqual([]);
    expect(under.io.engine.counters.refused).toBeGreaterThanOrEqual(refused + 199);
    expect(session.readyState).toBe("suspended");
    session.close(true);
    await under.unharmed();
  });

  test("who knows it is asked by allowRequest and middleware again, and for its origin", async () => {
    let asked = 0;
    let isAllowed = true;
    const under = await underAttack({
      allowRequest: (_request, callback) => {
        asked += 1;
        callback(isAllowed ? null : "not any more", isAllowed);
      },
    });
    const { sid, session } = await suspended(under);
    const before = asked;
    isAllowed = false;
    const refused = await httpRequest(`${under.url}${POLLING}&sid=${sid}&resume=0&leg=1`);
    expect([refused.status, refused.json()]).toEqual([403, { code: 4, message: "not any more" }]);
    await expect(under.client.socket({ sid, resume: "0", leg: "2" })).rejects.toThrow(UpgradeRefused);
    expect(asked).toBe(before + 2);
    isAllowed = true;
    const headers = { origin: "https://evil.example" };
    expect((await httpRequest(`${under.url}${POLLING}&sid=${sid}&resume=0&leg=3`, { headers })).status).toBe(403);
    await expect(under.client.socket({ sid, resume: "0", leg: "4" }, { headers })).rejects.toThrow(/40[03]/);
    expect(session.readyState).toBe("suspended");
    session.close(true);
    await under.unharmed();
  });
});

describe("S9 counts that can't be", () => {
  const NONE = [
    "-1",
    "+1",
    "1.5",
    "1e309",
    "1e3",
    "0x1",
    "00",
    " 1",
    "NaN",
    "Infinity",
    "9007199254740993",
    "9".repeat(500),
    "__proto__",
  ];

  test("a resume with a number that is none is refused, and the session does not notice", async () => {
    const under = await underAttack();
    const { sid, session } = await suspended(under);
    for (const count of NONE) {
      const number = encodeURIComponent(count);
      for (const query of [`resume=${number}&leg=1`, `resume=0&leg=${number}`]) {
        const answer = await httpRequest(`${under.url}${POLLING}&sid=${sid}&${query}`);
        expect([query, answer.status]).toEqual([query, 400]);
        const tcp = await RawTcp.open(under.port);
        tcp.write(upgradeRequest(`/socket.io/?EIO=4&transport=websocket&sid=${sid}&${query}`));
        expect(await tcp.readThrough("\r\n")).toMatch(/ 400 /);
        await tcp.closed();
      }
    }
    expect(session.readyState).toBe("suspended");
    session.close(true);
    await under.unharmed();
  });

  test.each(["1000000", "9007199254740991"])(
    "a resume that claims %s messages ends the session, which is told",
    async (count) => {
      const under = await underAttack();
      const { sid, session } = await suspended(under);
      const closed = once(session, "close");
      const answer = await httpRequest(`${under.url}${POLLING}&sid=${sid}&resume=${count}&leg=1`);
      expect([answer.status, answer.json()]).toEqual([400, REFUSAL.UNKNOWN_SID]);
      expect((await closed)[0]).toBe("parse error");
      await under.unharmed();
    },
  );

  test.each([...NONE, "1", "9007199254740991"])(
    "a POST that begins at message %s is refused, and ends the session",
    async (n) => {
      const under = await underAttack();
      const polling = await under.client.polling({ query: { ew: "1" } });
      const answer = await polling.request({ method: "POST", body: "40", query: { n } });
      expect(answer.status).toBe(400);
      polling.release();
      await under.unharmed();
    },
  );

  test.each([...NONE, "1", "9007199254740991"])(
    "an acknowledgement of message %s that was never sent ends the session",
    async (ack) => {
      const under = await underAttack();
      const polling = await under.client.polling({ query: { ew: "1" } });
      expect((await polling.request({ query: { ack } })).status).toBe(400);
      polling.release();
      await under.unharmed();
    },
  );

  test.each(["6+9007199254740991", "69007199254740991", "2-1", "31e309", "6+", "6-1"])(
    "the packet %s",
    async (packet) => {
      const under = await underAttack();
      const socket = await under.client.websocket({ ew: "1" });
      socket.send("40");
      await socket.nextText();
      for (let i = 0; i < 50 && socket.isOpen; i++) socket.send(packet);
      socket.send("1");
      await socket.closed();
      await under.unharmed();
    },
  );
});

describe("S10 many who want one session", () => {
  test("a thousand competing resumes leave one connection, and the last one has the session", async () => {
    const under = await underAttack();
    const { sid, session } = await suspended(under);
    const legs = Array.from({ length: 1_000 }, (_, i) => ((i * 617) % 1_000) + 1);
    const storm = legs.map(async (leg, i) => {
      const tcp = await RawTcp.open(under.port);
      const target = `/socket.io/?EIO=4&sid=${sid}&resume=0&leg=${String(leg)}&transport=`;
      if (i % 2 === 0) tcp.write(upgradeRequest(`${target}websocket`));
      else tcp.write(`GET ${target}polling HTTP/1.1\r\nHost: x\r\n\r\n`);
      return tcp;
    });
    const connections = await Promise.all(storm);
    await under.bystanderIsServed();
    const last = await under.client.socket({ ew: "1", sid, resume: "0", leg: "1001" });
    expect(await last.nextText()).toMatch(/^0\{/);
    expect(session.readyState).toBe("open");
    for (const tcp of connections) tcp.destroy();
    await until(() => under.connections.size === 2, "the bystander's connection and the last one");
    expect(await last.nextText()).toMatch(/^40\{/);
    last.send('421["echo","mine"]');
    expect(await last.nextText()).toBe('431["mine"]');
    await last.close();
    await under.unharmed();
  });
});

describe("S23 sessions that wait for nobody", () => {
  test("3,000 clients that open and vanish leave no more than maxSuspended, and those end in time", async () => {
    const under = await underAttack({ resume: { maxSuspended: 50, windowMs: 1_000 } });
    let most = 0;
    const request = upgradeRequest("/socket.io/?EIO=4&transport=websocket&ew=1");
    const vanish = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(under.port, "127.0.0.1", () => socket.write(request));
        socket.once("data", () => socket.resetAndDestroy());
        socket.on("error", () => undefined).on("close", () => resolve());
      });
    for (let i = 0; i < 30; i++) {
      await Promise.all(Array.from({ length: 100 }, vanish));
      most = Math.max(most, under.io.engine.counters.suspended);
    }
    expect(most).toBeLessThanOrEqual(50);
    await until(() => under.io.engine.clientsCount === 1, "only the bystander's session");
    expect(under.io.engine.counters.suspended).toBe(0);
    await under.unharmed();
  });
});
