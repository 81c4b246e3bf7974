// What must hold after a run, whatever happened in it: nothing lost, nothing doubled, nothing out of order, each acknowledgement once;
// where a session was lost, its client was told, and lost no more than the end of it. Pure: the journals in, the violations out.
//
// A client's journal, in order: ["connect", id, recovered], ["disconnect", reason], ["joined", {room: count}],
// ["say", room, number], ["ack", room, number, error | null, answer], ["heard", room, count, sender, number, isWhole],
// ["asked", number], ["blip", number], ["suspend", reason], ["resume"].
// The server's: `heard` by client: [socket id, room, number, isWhole]; `said` by room: [sender, number]; `sockets` by id: {name, reason};
// `asks`: {id, number, answers, error, answer, isGone}.

/** From one `connect` to its `disconnect`: `end` is the reason, `says` what was emitted for it. */
class Epoch {
  says = [];
  end = undefined;

  constructor(id, isRecovered) {
    this.id = id;
    this.isRecovered = isRecovered;
  }
}

/**
 * `histories`: one {name, events, status: {rooms}} for each client. `mayCarry`: a message that was said at the end of a session may be
 * heard in the next one, for the stock client keeps what is said when it knows the line to be dead and has not told yet.
 */
export function judge(histories, report, { mayCarry = false } = {}) {
  const verdict = { violations: [], lost: 0, missed: 0, doubled: 0 };
  const asked = new Set();
  const ends = new Map();
  for (const history of histories) {
    const state = readHistory(history, report, verdict);
    for (const number of state.asked) asked.add(number);
    for (const { id, end } of state.epochs) ends.set(id, end);
    if (mayCarry) carryOver(state.epochs, report.heard[history.name] ?? []);
    judgeHeard(history.name, state, report.heard[history.name] ?? [], verdict);
  }
  judgeAsks(report, asked, ends, verdict);
  for (const [id, { name, reason }] of Object.entries(report.sockets)) {
    if (reason === "") verdict.violations.push(`server: ${name} left without a reason`);
    if (reason !== undefined && ends.has(id) && ends.get(id) === undefined)
      verdict.violations.push(`${name} was not told that its session is over: ${reason}`);
  }
  return verdict;
}

/** Goes through what a client wrote down: what it heard, in each epoch. */
function readHistory({ name, events, status }, report, verdict) {
  const fail = (what) => verdict.violations.push(`${name} ${what}`);
  const epochs = [];
  let epoch;
  let waiting = [];
  let last = {};
  /** Where it was in each room before it had to join anew. */
  let before = {};
  let lastBlip = 0;
  let lastAsked = 0;
  const asked = new Set();
  const acks = new Map();

  const onEvent = {
    connect(id, isRecovered) {
      if (epoch) fail("connected twice");
      epoch = new Epoch(id, isRecovered);
      epoch.says = waiting;
      waiting = [];
      epochs.push(epoch);
      if (isRecovered && status.rooms.every((room) => last[room] !== undefined)) return;
      before = { ...before, ...last };
      last = {};
    },
    disconnect(reason) {
      if (!reason) fail("disconnected without a reason");
      // A session may end before the namespace has let the client in: then it is told that too.
      if (epoch) epoch.end = reason || "none";
      epoch = undefined;
    },
    joined(counts) {
      for (const [room, count] of Object.entries(counts)) {
        if (before[room] !== undefined) verdict.missed += count - before[room];
        delete before[room];
        last[room] = count;
      }
    },
    say(room, number) {
      (epoch ? epoch.says : waiting).push({ room, number, key: `${room} ${number}` });
    },
    ack(room, number, error, answer) {
      const key = `${room} ${number}`;
      const ack = acks.get(key) ?? { count: 0, error, answer };
      ack.count += 1;
      acks.set(key, ack);
    },
    heard(room, count, sender, number, isWhole) {
      if (!epoch) fail(`heard ${room} ${count} while disconnected`);
      if (!isWhole) fail(`got a damaged payload in ${room} ${count}`);
      const [saidBy, saidNumber] = report.said[room]?.[count - 1] ?? [];
      if (saidBy !== sender || saidNumber !== number) fail(`heard in ${room} as ${count} what is another message`);
      if (last[room] === undefined) {
        if (!epoch?.isRecovered) fail(`heard ${room} ${count} before it joined`);
        return;
      }
      if (count <= last[room]) verdict.doubled += 1;
      if (count > last[room] + 1) verdict.missed += count - last[room] - 1;
      if (count !== last[room] + 1) fail(`heard ${count} after ${last[room]} in ${room}`);
      last[room] = count;
    },
    asked(number) {
      // What it was not asked at all shows by the missing answer.
      if (number <= lastAsked) fail(`was asked ${number} after ${lastAsked}`);
      lastAsked = number;
      asked.add(number);
    },
    blip(number) {
      if (number <= lastBlip) fail(`heard the volatile ${number} after ${lastBlip}`);
      lastBlip = number;
    },
    suspend() {},
    resume() {},
  };
  for (const [kind, ...details] of events) onEvent[kind](...details);

  for (const room of status.rooms) {
    const end = report.said[room]?.length ?? 0;
    if (last[room] !== end) fail(`heard up to ${last[room]} of ${end} in ${room}`);
  }
  if (!epoch) fail("is not connected at the end");
  // Whatever still waited for a connection was lost like the rest.
  if (waiting.length > 0) epochs.push(Object.assign(new Epoch(undefined, false), { says: waiting }));
  return { epochs, acks, asked };
}

/** What was said in one epoch and heard in the next belongs there. */
function carryOver(epochs, heard) {
  const heardIn = new Map(heard.map(([id, room, number]) => [`${room} ${number}`, id]));
  for (const [index, epoch] of epochs.entries()) {
    const next = epochs[index + 1];
    const isCarried = ({ key }) => next !== undefined && next.id !== epoch.id && heardIn.get(key) === next.id;
    const carried = epoch.says.filter(isCarried);
    if (carried.length === 0) continue;
    epoch.says = epoch.says.filter((say) => !isCarried(say));
    next.says = [...carried, ...next.says];
  }
}

/** Compares what a client said with what the server heard of it, and with what the client was answered. */
function judgeHeard(name, { epochs, acks }, heard, verdict) {
  const fail = (what) => verdict.violations.push(`${name} ${what}`);
  const says = epochs.flatMap((epoch) => epoch.says.map((say) => ({ ...say, epoch })));
  const indexOf = new Map(says.map(({ key }, index) => [key, index]));
  const seen = new Set();
  let latest = -1;
  for (const [id, room, number, isWhole] of heard) {
    const key = `${room} ${number}`;
    const index = indexOf.get(key);
    if (index === undefined) {
      fail(`was heard to say ${key}, and never did`);
      continue;
    }
    if (!isWhole) fail(`was heard damaged: ${key}`);
    if (says[index].epoch.id !== id) fail(`was heard in another session: ${key}`);
    if (seen.has(key)) {
      verdict.doubled += 1;
      fail(`was heard twice: ${key}`);
    } else if (index < latest) fail(`was heard out of order: ${key}`);
    seen.add(key);
    latest = Math.max(latest, index);
  }

  for (const epoch of epochs) {
    let firstLost;
    for (const { key, number } of epoch.says) {
      const isHeard = seen.has(key);
      if (!isHeard) {
        firstLost ??= key;
        verdict.lost += 1;
        if (epoch.end === undefined) fail(`lost ${key} without a word`);
      } else if (firstLost !== undefined) fail(`lost ${firstLost} and not ${key} after it, in the same session`);
      const ack = acks.get(key);
      if (ack === undefined) fail(`never heard of ${key}`);
      else if (ack.count > 1) fail(`was acknowledged twice: ${key}`);
      else if (ack.error !== null) {
        if (epoch.end === undefined) fail(`got no answer to ${key}: ${ack.error}`);
      } else if (ack.answer !== number) fail(`was acknowledged as ${ack.answer}: ${key}`);
      else if (!isHeard) fail(`was told a lie about ${key}`);
    }
  }
  for (const key of acks.keys()) if (!indexOf.has(key)) fail(`got an answer to ${key}, which it never said`);
}

/** What the server asked: as long as the socket lives, each question is answered once. */
function judgeAsks({ asks, sockets }, asked, ends, verdict) {
  for (const { id, number, answers, error, answer, isGone } of asks) {
    const fail = (what) => verdict.violations.push(`server: question ${number} to ${sockets[id].name} ${what}`);
    if (answers > 1) fail("was answered twice");
    if (answer !== undefined && answer !== number) fail(`was answered as ${answer}`);
    if (answer !== undefined && !asked.has(number)) fail("was answered without being heard");
    // Where the client has left, the server may still have to notice.
    const isAlive = !isGone && ends.has(id) && ends.get(id) === undefined;
    if (isAlive && answer === undefined) fail(`was not answered: ${error ?? "silence"}`);
  }
}
