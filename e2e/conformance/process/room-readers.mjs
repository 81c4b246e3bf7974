// Many WebSocket clients, as little as they can be: a TCP socket each, that reads frames and checks that the news come in order. Some
// connect and read nothing more. Tells its parent when all readers have read so far, and of the first thing that is wrong.
//   argv: port, readers, deaf
import { connect } from "node:net";
import { wsFrame } from "./ws-text.mjs";

const [port, readers, deaf] = process.argv.slice(2).map(Number);
const fail = (why) => process.send({ failed: why });
let ready = 0;
let target = Infinity;
let behind = readers;

function onReady() {
  ready += 1;
  if (ready === readers + deaf) process.send({ done: "connect" });
}

class Reader {
  constructor(isDeaf) {
    this.isDeaf = isDeaf;
    this.next = 0;
    this.rest = Buffer.alloc(0);
    this.isOpen = false;
    this.socket = connect(port, "127.0.0.1");
    this.socket.write(
      `GET /socket.io/?EIO=4&transport=websocket${isDeaf ? "&deaf=1" : ""} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    this.socket.on("data", (chunk) => this.onData(chunk));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      if (!isDeaf) fail(`a reader was cut after ${this.next} news`);
    });
  }

  onData(chunk) {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    if (!this.isOpen) {
      const end = this.rest.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.isOpen = true;
      this.rest = this.rest.subarray(end + 4);
      this.socket.write(wsFrame("40"));
    }
    for (;;) {
      // Frames of a server are not masked (RFC 6455, section 5.2).
      if (this.rest.length < 4) return;
      const short = this.rest[1];
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.rest.length < start) return;
      const length =
        short < 126 ? short : short === 126 ? this.rest.readUInt16BE(2) : Number(this.rest.readBigUInt64BE(2));
      if (this.rest.length < start + length) return;
      this.onText(this.rest.toString("latin1", start, start + Math.min(length, 40)));
      this.rest = this.rest.subarray(start + length);
    }
  }

  onText(text) {
    if (text === "2") this.socket.write(wsFrame("3"));
    else if (text.startsWith("40{")) {
      if (this.isDeaf) this.socket.pause();
      onReady();
    } else if (text.startsWith('42["news",')) {
      const number = Number.parseInt(text.slice(10), 10);
      if (number !== this.next) fail(`news ${number} came where ${this.next} should`);
      this.next += 1;
      if (this.next === target) onRead();
    }
  }
}

function onRead() {
  behind -= 1;
  if (behind === 0) process.send({ done: "read" });
}

const all = [];
// Some at a time: a listen queue is short.
for (let i = 0; i < readers + deaf; i++) {
  all.push(new Reader(i >= readers));
  if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
}

process.on("disconnect", () => process.exit());
process.on("message", ({ upTo }) => {
  target = upTo;
  behind = all.filter(({ isDeaf, next }) => !isDeaf && next < upTo).length;
  if (behind === 0) process.send({ done: "read" });
});
