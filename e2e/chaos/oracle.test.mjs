// The oracle, on journals made by hand: what it must let pass, and what it must catch. A suite is worth what its oracle sees.
import { describe, expect, it } from "vitest";
import { judge } from "./oracle.mjs";

/** Two clients in a hall; Ada says three things and Bob hears them, each is answered, and the server asks Ada once. */
function story() {
  const says = [1, 2, 3];
  const heard = says.map((number) => ["heard", "hall", number, "ada", number, true]);
  return {
    ada: [
      ["connect", "a1", false],
      ["joined", { hall: 0 }],
      ...says.map((number) => ["say", "hall", number]),
      ...says.flatMap((number) => [heard[number - 1], ["ack", "hall", number, null, number]]),
      ["asked", 1],
    ],
    bob: [["connect", "b1", false], ["joined", { hall: 0 }], ["blip", 1], ...heard, ["blip", 4]],
    report: {
      heard: { ada: says.map((number) => ["a1", "hall", number, true]) },
      said: { hall: says.map((number) => ["ada", number]) },
      sockets: { a1: { name: "ada" }, b1: { name: "bob" } },
      asks: [{ id: "a1", number: 1, answers: 1, answer: 1, isGone: false }],
    },
  };
}

/** Ada's session is lost after her second message, and with it the third; she comes back and says a fourth. */
function storyOfLoss() {
  const { report } = story();
  return {
    ada: [
      ["connect", "a1", false],
      ["joined", { hall: 0 }],
      ["say", "hall", 1],
      ["say", "hall", 2],
      ["heard", "hall", 1, "ada", 1, true],
      ["ack", "hall", 1, null, 1],
      ["suspend", "transport close"],
      ["say", "hall", 3],
      ["ack", "hall", 2, "socket has been disconnected", undefined],
      ["ack", "hall", 3, "socket has been disconnected", undefined],
      ["disconnect", "session expired"],
      ["say", "hall", 4],
      ["connect", "a2", false],
      ["joined", { hall: 2 }],
      ["heard", "hall", 3, "ada", 4, true],
      ["ack", "hall", 4, null, 4],
    ],
    bob: [
      ["connect", "b1", false],
      ["joined", { hall: 0 }],
      ["heard", "hall", 1, "ada", 1, true],
      ["heard", "hall", 2, "ada", 2, true],
      ["heard", "hall", 3, "ada", 4, true],
    ],
    report: {
      heard: {
        ada: [
          ["a1", "hall", 1, true],
          ["a1", "hall", 2, true],
          ["a2", "hall", 4, true],
        ],
      },
      said: {
        hall: [
          ["ada", 1],
          ["ada", 2],
          ["ada", 4],
        ],
      },
      sockets: { ...report.sockets, a1: { name: "ada", reason: "session expired" }, a2: { name: "ada" } },
      asks: [{ id: "a1", number: 1, answers: 1, error: "operation has timed out", isGone: true }],
    },
  };
}

function verdictOf({ ada, bob, report }, options) {
  const status = { rooms: ["hall"] };
  const histories = [
    { name: "ada", events: ada, status },
    { name: "bob", events: bob, status },
  ];
  return judge(histories, report, options);
}

const indexOf = (events, ...start) => {
  const index = events.findIndex((event) => start.every((value, at) => event[at] === value));
  if (index < 0) throw new Error(`no ${start.join(" ")} in the story`);
  return index;
};
const remove = (events, ...start) => events.splice(indexOf(events, ...start), 1);
const repeat = (events, ...start) => {
  const index = indexOf(events, ...start);
  events.splice(index, 0, events[index]);
};
const swap = (events, index) => events.splice(index, 2, events[index + 1], events[index]);

describe("the oracle lets pass", () => {
  it("a run in which everything arrived", () => {
    expect(verdictOf(story())).toEqual({ violations: [], lost: 0, missed: 0, doubled: 0 });
  });

  it("a session that was lost with a reason, and with the end of what was said in it; and counts that", () => {
    expect(verdictOf(storyOfLoss())).toEqual({ violations: [], lost: 1, missed: 1, doubled: 0 });
  });

  it("a connection that ended before it was one", () => {
    const scene = storyOfLoss();
    scene.ada.splice(indexOf(scene.ada, "connect", "a2"), 0, ["disconnect", "transport close"]);
    expect(verdictOf(scene)).toEqual({ violations: [], lost: 1, missed: 1, doubled: 0 });
  });

  it("what a stock client kept at the end of one session for the next", () => {
    const scene = storyOfLoss();
    scene.report.heard.ada.splice(2, 0, ["a2", "hall", 3, true]);
    scene.ada[indexOf(scene.ada, "ack", "hall", 3)] = ["ack", "hall", 3, null, 3];
    expect(verdictOf(scene, { mayCarry: true }).violations).toEqual([]);
    expect(verdictOf(scene).violations).toEqual(["ada was heard in another session: hall 3"]);
  });

  it("a question to a client that is known to have left by itself alone", () => {
    const scene = storyOfLoss();
    delete scene.report.sockets.a1.reason;
    scene.report.asks[0] = { id: "a1", number: 1, answers: 0, isGone: false };
    expect(verdictOf(scene).violations).toEqual([]);
  });

  it("an epoch that goes on where the last one was, since nothing was missed", () => {
    const { ada, bob, report } = story();
    bob.splice(4, 0, ["disconnect", "transport close"], ["connect", "b1", true]);
    expect(verdictOf({ ada, bob, report }).violations).toEqual([]);
  });
});

/** What may happen to the happy story, and what the oracle has to say of it. */
const CRIMES = {
  "a message that the server never heard": [({ report }) => report.heard.ada.pop(), /lost hall 3 without a word/],
  "a message that the server heard twice": [
    ({ report }) => report.heard.ada.push(report.heard.ada[2]),
    /was heard twice: hall 3/,
  ],
  "two messages that changed places on the way up": [
    ({ report }) => swap(report.heard.ada, 1),
    /heard out of order: hall 2/,
  ],
  "a message that nobody said": [
    ({ report }) => report.heard.ada.push(["a1", "hall", 9, true]),
    /was heard to say hall 9/,
  ],
  "a message that reached another session": [
    ({ report }) => (report.heard.ada[2] = ["a9", "hall", 3, true]),
    /in another session: hall 3/,
  ],
  "a message that arrived damaged": [({ report }) => (report.heard.ada[0][3] = false), /heard damaged: hall 1/],
  "a broadcast that one client missed": [({ bob }) => remove(bob, "heard", "hall", 2), /bob heard 3 after 1 in hall/],
  "the last broadcast, which one client missed": [
    ({ bob }) => remove(bob, "heard", "hall", 3),
    /bob heard up to 2 of 3 in hall/,
  ],
  "a broadcast that came twice": [({ bob }) => repeat(bob, "heard", "hall", 2), /bob heard 2 after 2 in hall/],
  "two broadcasts that changed places": [({ bob }) => swap(bob, indexOf(bob, "heard", "hall", 2)), /heard 3 after 1/],
  "a broadcast with what another one said": [
    ({ bob }) => (bob[indexOf(bob, "heard", "hall", 2)] = ["heard", "hall", 2, "ada", 1, true]),
    /what is another message/,
  ],
  "a broadcast that arrived damaged": [
    ({ bob }) => (bob[indexOf(bob, "heard", "hall", 2)] = ["heard", "hall", 2, "ada", 2, false]),
    /damaged payload in hall 2/,
  ],
  "a volatile event that came twice": [({ bob }) => bob.push(["blip", 4]), /volatile 4 after 4/],
  "an acknowledgement that never came": [({ ada }) => remove(ada, "ack", "hall", 2), /never heard of hall 2/],
  "an acknowledgement that came twice": [({ ada }) => repeat(ada, "ack", "hall", 2), /acknowledged twice: hall 2/],
  "an acknowledgement of another message": [
    ({ ada }) => (ada[indexOf(ada, "ack", "hall", 2)] = ["ack", "hall", 2, null, 3]),
    /acknowledged as 3: hall 2/,
  ],
  "an acknowledgement that failed while the session lived": [
    ({ ada }) => (ada[indexOf(ada, "ack", "hall", 2)] = ["ack", "hall", 2, "operation has timed out", undefined]),
    /no answer to hall 2/,
  ],
  "a question that was not answered": [
    ({ report }) => Object.assign(report.asks[0], { answer: undefined, error: "operation has timed out" }),
    /question 1 to ada was not answered/,
  ],
  "a question that was answered twice": [({ report }) => (report.asks[0].answers = 2), /question 1 .* answered twice/],
  "a question that came twice": [({ ada }) => repeat(ada, "asked", 1), /was asked 1 after 1/],
  "a question that was answered by nobody": [({ ada }) => remove(ada, "asked", 1), /without being heard/],
  "a client that still believes in a session that is over": [
    ({ report }) => (report.sockets.b1.reason = "ping timeout"),
    /bob was not told that its session is over/,
  ],
  "a server's disconnect without a reason": [({ report }) => (report.sockets.x = { name: "x", reason: "" }), /without/],
  "a client that stays away": [({ bob }) => bob.push(["disconnect", "transport close"]), /bob is not connected/],
  "a disconnect without a reason": [
    ({ bob }) => bob.push(["disconnect", undefined], ["connect", "b1", true]),
    /bob disconnected without a reason/,
  ],
};

/** The same for the story of a lost session. */
const CRIMES_OF_LOSS = {
  "a gap before something that arrived in the lost session": [
    ({ report }) => report.heard.ada.shift(),
    /lost hall 1 and not hall 2 after it/,
  ],
  "a message of the new session, lost under the pretext of the old one's end": [
    ({ report }) => report.heard.ada.pop(),
    /lost hall 4 without a word/,
  ],
  "a lie about what was lost": [
    ({ ada }) => (ada[indexOf(ada, "ack", "hall", 3)] = ["ack", "hall", 3, null, 3]),
    /told a lie about hall 3/,
  ],
  "an acknowledgement that nobody settled at the end of the session": [
    ({ ada }) => remove(ada, "ack", "hall", 3),
    /never heard of hall 3/,
  ],
  "an old message that arrives in the new session": [
    ({ report }) => report.heard.ada.splice(2, 0, ["a2", "hall", 3, true]),
    /in another session: hall 3/,
  ],
  "a recovery that claims that nothing was missed": [
    ({ ada }) => {
      ada[indexOf(ada, "connect", "a2")] = ["connect", "a2", true];
      ada.splice(
        ada.findLastIndex(([kind]) => kind === "joined"),
        1,
      );
    },
    /heard 3 after 1 in hall/,
  ],
  "a broadcast before the client was in the room": [
    ({ ada }) =>
      swap(
        ada,
        ada.findLastIndex(([kind]) => kind === "joined"),
      ),
    /before it joined/,
  ],
  "a broadcast to a client that is away": [
    ({ ada }) => ada.splice(indexOf(ada, "connect", "a2"), 0, ["heard", "hall", 2, "ada", 2, true]),
    /while disconnected/,
  ],
};

describe("the oracle catches", () => {
  it.each(Object.entries(CRIMES))("%s", (_name, [commit, expected]) => {
    const scene = story();
    commit(scene);
    expect(verdictOf(scene).violations.join("\n")).toMatch(expected);
  });

  it.each(Object.entries(CRIMES_OF_LOSS))("%s", (_name, [commit, expected]) => {
    const scene = storyOfLoss();
    commit(scene);
    expect(verdictOf(scene).violations.join("\n")).toMatch(expected);
  });
});
