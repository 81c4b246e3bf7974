// Echo over long polling: each session posts `inFlight` messages in one body while a poll is waiting, polls until all of them are back, and
// compares each one with what it should be.
import { PollingSession } from "./polling-session.mjs";

export const open = ({ port, dialect, connections }) =>
  Promise.all(Array.from({ length: connections }, () => PollingSession.open(port, dialect)));

export async function run(sessions, { dialect, units, inFlight }) {
  const { request, answer } = dialect.echo;
  const messages = Array.from({ length: inFlight }, () => request);
  const turns = Math.max(1, Math.floor(units / inFlight / sessions.length));
  await Promise.all(
    sessions.map(async (session) => {
      for (let turn = 0; turn < turns; turn++)
        await Promise.all([session.send(messages), receive(session, answer, inFlight)]);
    }),
  );
  return { units: turns * inFlight * sessions.length };
}

async function receive(session, answer, count) {
  for (let received = 0; received < count;) {
    for (const packet of await session.poll()) {
      if (packet !== answer || ++received > count) throw new Error(`failed to echo by polling: got ${packet}`);
    }
  }
}

export const close = (sessions) => Promise.all(sessions.map((session) => session.leave()));
