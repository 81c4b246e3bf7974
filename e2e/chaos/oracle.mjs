// What must hold after a run, whatever happened in it: nothing lost, nothing doubled, nothing out of order, each acknowledgement once;
// where a session was lost, both sides were told. Pure: the journals in, the violations out.

/** @param clients ChaosClient[] @param report what the server wrote down */
export function judge(clients, report) {
  const violations = [
    ...report.faults.map((fault) => `server: damaged ${fault}`),
    ...clients.flatMap((client) => client.violations),
  ];
  let lost = 0;
  let doubled = 0;
  for (const client of clients) {
    const wasDisconnected = client.disconnects.length > 0;
    for (const [room, count] of Object.entries(client.said)) {
      const numbers = report.heard[`${client.name} ${room}`] ?? [];
      const seen = new Set(numbers);
      doubled += numbers.length - seen.size;
      if (numbers.length > seen.size) violations.push(`${client.name} was heard twice in ${room}`);
      if (numbers.some((number, index) => index > 0 && number < numbers[index - 1]))
        violations.push(`${client.name} was heard out of order in ${room}`);
      for (let number = 1; number <= count; number += 1) {
        const ack = client.acks.get(`${room} ${number}`);
        if (ack.count === 0) violations.push(`${client.name} never heard of ${room} ${number}`);
        if (ack.isOk && !seen.has(number)) violations.push(`${client.name} was told a lie about ${room} ${number}`);
        if (!seen.has(number)) lost += 1;
        // A message may be lost only with its session, and then its sender was told.
        if (!seen.has(number) && !wasDisconnected)
          violations.push(`${client.name} lost ${room} ${number} without a word`);
        if (!ack.isOk && !wasDisconnected) violations.push(`${client.name} got no answer to ${room} ${number}`);
      }
    }
    for (const [room, last] of Object.entries(client.heard)) {
      const end = report.said[room] ?? 0;
      if (last !== end) violations.push(`${client.name} heard up to ${last} of ${end} in ${room}`);
    }
  }
  if (report.reasons.some((reason) => !reason)) violations.push("server: a socket left without a reason");
  return { violations, lost, doubled };
}
