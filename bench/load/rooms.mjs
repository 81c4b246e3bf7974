// Many rooms: every socket is in one of them, and the rooms get a broadcast in turn, each at the request of one of its own.
import { EVENTS, ROOM_COUNT } from "../messages.mjs";
import { checkDeliveries } from "./broadcast.mjs";
import { checkAnswers } from "./echo.mjs";
import { clientFrame, serverFrameBytes } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

export async function open({ port, dialect, connections }) {
  const sockets = await openMany(port, dialect, connections);
  const rooms = Array.from({ length: Math.min(ROOM_COUNT, connections) }, (_, index) => ({
    request: dialect.request(EVENTS.shout, `room${index}`),
    members: sockets.filter((_socket, place) => place % ROOM_COUNT === index),
  }));
  for (const [index, { members, request }] of rooms.entries()) {
    const joined = {
      request: dialect.request(EVENTS.join, `room${index}`),
      answer: dialect.answer(EVENTS.done, `room${index}`),
    };
    await Promise.all(members.map((socket) => checkAnswers(socket, [joined])));
    await checkDeliveries(members, members[0], request, dialect);
  }
  return { sockets, rooms };
}

export function run({ rooms }, { dialect, units }) {
  const frames = rooms.map(({ request }) => clientFrame(request));
  const newsBytes = serverFrameBytes(dialect.news);

  return new Promise((resolve, reject) => {
    let turn = 0;
    let done = 0;
    let received = 0;
    const ask = () => rooms[turn].members[0].write(frames[turn]);
    const onBytes = (room, count) => {
      received += count;
      const wanted = rooms[turn].members.length;
      if (room !== turn || received > wanted * newsBytes) {
        reject(new Error("failed to shout: a broadcast reached another room, or came twice"));
      } else if (received === wanted * newsBytes) {
        received = 0;
        done += wanted;
        turn = (turn + 1) % rooms.length;
        if (done >= units) resolve({ units: done });
        else ask();
      }
    };
    for (const [room, { members }] of rooms.entries()) {
      for (const socket of members) {
        socket.onBytes = (count) => onBytes(room, count);
        socket.onClose = () => reject(new Error("failed to shout: the server closed a connection"));
      }
    }
    ask();
  });
}

export const close = ({ sockets }) => Promise.all(sockets.map((socket) => socket.close()));
