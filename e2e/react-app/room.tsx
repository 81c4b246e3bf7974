// Every hook once, with what it gives written out.
import { useEffect, useState } from "react";
import { useConnection, useEmit, useSocketEvent, useSocketValue } from "@everwire/react";
import type { AppSocket } from "./wire.js";

const EAR = "heard";

export function Room({ socket, name }: { socket: AppSocket; name: string }) {
  const { status, reason, error, id, transport, recovered } = useConnection(socket);
  const [turn, setTurn] = useState(0);
  const [heard, setHeard] = useState<string[]>([]);
  const price = useSocketValue(socket, "price", "none");
  const [say, said] = useEmit(socket, "say", { timeoutMs: 5000 });
  const [never, silence] = useEmit(socket, "never", { timeoutMs: 20 });
  useSocketEvent(socket, "said", (text) => setHeard((all) => [...all, `${EAR} ${text} in turn ${turn}`]));
  useEffect(() => {
    globalThis.used.add(socket);
  }, [socket]);
  return (
    <section aria-label={name}>
      <p role="status">{[status, reason, error?.message].filter(Boolean).join(": ")}</p>
      <p>
        id <span data-id>{id}</span> {transport} {recovered ? "recovered" : "new"}
      </p>
      <p>turn {turn}</p>
      <p>price {price}</p>
      <p data-said>
        {said.status} {said.answer}
      </p>
      <p data-never>
        {silence.status} {silence.error?.message}
      </p>
      <button onClick={() => setTurn(turn + 1)}>next turn</button>
      <button onClick={() => void say(`hello from ${name}`)}>say</button>
      <button onClick={() => void never()}>never</button>
      <ul>
        {heard.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
