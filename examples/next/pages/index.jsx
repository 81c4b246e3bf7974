// The page: one socket for as long as it is shown. Events become state, and a button emits.
import { io } from "@everwire/client";
import { useEffect, useState } from "react";

export default function Page() {
  const [lines, setLines] = useState([]);

  useEffect(() => {
    const add = (text) => setLines((all) => [...all.slice(-99), text]);
    const socket = io();
    socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => add(`heard by ${heardBy}`)));
    for (const event of ["said", "announcement"]) socket.on(event, add);
    return () => socket.disconnect();
  }, []);

  return (
    <main>
      <h1>Everwire in Next.js</h1>
      <ul>
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
    </main>
  );
}
