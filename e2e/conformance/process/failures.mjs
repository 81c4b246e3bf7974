// The ways in which applications, brokers and parsers fail, and where they are put: what the cases beside this file are made of.
import { Adapter } from "@everwire/server/adapter";
import { defaultParser } from "@everwire/protocol";

export const fail = () => {
  throw new Error("the secret");
};
export const reject = async () => fail();
export const later = (run) => setTimeout(run, 1);
// Calls back twice, as promises do not.
export const thenable = () => ({
  then(_resolve, refuse) {
    refuse(new Error("the secret"));
    refuse(new Error("the secret again"));
  },
});
export const circular = () => {
  const data = {};
  data.self = data;
  return data;
};
export const unsendable = () => Object.assign(new Error("told"), { expose: true, data: circular() });

/** A broker that is not there, in the ways that `broken` says. */
export const adapter = (broken) => ({
  adapter: class extends Adapter {
    constructor(nsp) {
      super(nsp);
      for (const [name, method] of Object.entries(broken)) this[name] = method;
    }
  },
});

/** Events between servers go round, to this one. */
export const loop = {
  serverSideEmit(packet) {
    const answer = packet.pop();
    this.nsp._onServerSideEmit([...packet, (...responses) => later(() => answer(null, responses))]);
  },
};

export const parser = (broken) => ({
  parser: {
    Encoder: class extends defaultParser.Encoder {
      encode(packet) {
        if (broken === "encode" && packet.data?.[0] === "unsendable") fail();
        if (broken === "connect" && packet.type === 0) fail();
        return super.encode(packet);
      }
    },
    Decoder: class extends defaultParser.Decoder {
      add(chunk) {
        if (broken === "decode" && String(chunk).includes('"m"')) fail();
        super.add(chunk);
      }
    },
  },
});

/** A middleware for one event alone. */
export const of = (name, middleware) => (event, next) => (event[0] === name ? middleware(event, next) : next());

export const on = (event, listener) => (io) => io.on("connection", (socket) => socket.on(event, listener));
export const onSession = (event, listener) => (io) =>
  io.engine.on("connection", (session) => session.on(event, listener));
export const using = (run) => (io) => io.on("connection", run);
export const HIDDEN = [{ error: { message: "internal server error", code: "ERR_LISTENER" } }];

/** Both ways to fail, of one place. */
export const both = (name, of, what) => [
  { name: `${name} that throws`, ...what, ...of(fail) },
  { name: `${name} that rejects`, ...what, ...of(reject) },
];
