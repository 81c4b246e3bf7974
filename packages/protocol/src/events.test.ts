// The assertions of this file are made by the type checker (tsc -p tsconfig.test.json): expectTypeOf does nothing when it runs.
import { describe, expectTypeOf, it } from "vitest";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DecorateServerAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithError,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FallbackToUntypedListener,
  FirstNonErrorArg,
  FirstNonErrorTuple,
  Last,
  RemoveAcknowledgements,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from "./events.js";

interface Events {
  plain: () => void;
  chat: (room: string, text: string) => void;
  ask: (question: string, answer: (text: string, certainty: number) => void) => void;
  done: (callback: () => void) => void;
  failing: (id: number, callback: (error: Error, result: Date) => void) => void;
  maybe: (callback?: (text: string) => void) => void;
  rest: (...words: string[]) => void;
}

interface Reserved {
  connect: () => void;
  disconnect: (reason: "a" | "b") => void;
}

describe("names", () => {
  it("come from the map", () => {
    expectTypeOf<EventNames<Reserved>>().toEqualTypeOf<"connect" | "disconnect">();
    expectTypeOf<EventNames<DefaultEventsMap>>().toEqualTypeOf<string>();
    expectTypeOf<ReservedOrUserEventNames<Reserved, { chat: () => void }>>().toEqualTypeOf<
      "connect" | "disconnect" | "chat"
    >();
  });

  it("are told apart by their acknowledgement", () => {
    expectTypeOf<EventNamesWithAck<Events>>().toEqualTypeOf<"ask" | "done" | "failing" | "maybe">();
    expectTypeOf<EventNamesWithoutAck<Events>>().toEqualTypeOf<"plain" | "chat" | "maybe" | "rest">();
    expectTypeOf<EventNamesWithError<Events>>().toEqualTypeOf<"failing">();
    expectTypeOf<EventNamesWithError<DecorateAcknowledgements<Events>>>().toEqualTypeOf<
      "ask" | "done" | "failing" | "maybe"
    >();
  });

  it("are all there in an untyped map, whatever is asked", () => {
    expectTypeOf<EventNamesWithAck<DefaultEventsMap>>().toEqualTypeOf<string>();
    expectTypeOf<EventNamesWithoutAck<DefaultEventsMap>>().toEqualTypeOf<string>();
    expectTypeOf<EventNamesWithError<DefaultEventsMap>>().toEqualTypeOf<string>();
    expectTypeOf<EventNamesWithAck<EventsMap>>().toEqualTypeOf<string>();
  });

  it("of listeners that the map leaves open count as both", () => {
    interface Open {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a user may write
      anything: any;
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a user may write
      value: (value: any) => void;
    }
    expectTypeOf<EventNamesWithAck<Open>>().toEqualTypeOf<"anything" | "value">();
    expectTypeOf<EventNamesWithoutAck<Open>>().toEqualTypeOf<"anything" | "value">();
  });
});

describe("arguments", () => {
  it("are those of the listener", () => {
    expectTypeOf<EventParams<Events, "chat">>().toEqualTypeOf<[room: string, text: string]>();
    expectTypeOf<EventParams<Events, "plain">>().toEqualTypeOf<[]>();
  });

  it("are split at the last one", () => {
    expectTypeOf<Last<[string, number]>>().toEqualTypeOf<number>();
    expectTypeOf<Last<[string, number?]>>().toEqualTypeOf<number>();
    expectTypeOf<Last<unknown[]>>().toBeAny();
    expectTypeOf<AllButLast<[string, number]>>().toEqualTypeOf<[string]>();
    expectTypeOf<AllButLast<[string, number?]>>().toEqualTypeOf<[string]>();
    expectTypeOf<AllButLast<EventParams<Events, "ask">>>().toEqualTypeOf<[question: string]>();
  });

  it("of an acknowledgement skip the error", () => {
    expectTypeOf<FirstNonErrorTuple<[Error, string]>>().toEqualTypeOf<string>();
    expectTypeOf<FirstNonErrorTuple<[string, number]>>().toEqualTypeOf<string>();
    expectTypeOf<FirstNonErrorArg<(error: Error, result: Date) => void>>().toEqualTypeOf<Date>();
    expectTypeOf<FirstNonErrorArg<(text: string) => void>>().toEqualTypeOf<string>();
    expectTypeOf<FirstNonErrorArg<() => void>>().toEqualTypeOf<undefined>();
    expectTypeOf<FirstNonErrorArg<string>>().toBeAny();
  });
});

describe("listeners", () => {
  it("of own events win over the user's", () => {
    expectTypeOf<ReservedOrUserListener<Reserved, Events, "disconnect">>().toEqualTypeOf<(reason: "a" | "b") => void>();
    expectTypeOf<ReservedOrUserListener<Reserved, Events, "chat">>().toEqualTypeOf<
      (room: string, text: string) => void
    >();
    expectTypeOf<ReservedOrUserListener<{ chat: (own: 1) => void }, Events, "chat">>().toEqualTypeOf<
      (own: 1) => void
    >();
  });

  it("fall back to untyped ones", () => {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the untyped listener
    type Untyped = (...args: any[]) => void | Promise<void>;
    expectTypeOf<FallbackToUntypedListener<never>>().toEqualTypeOf<Untyped>();
    expectTypeOf<FallbackToUntypedListener<() => void>>().toEqualTypeOf<() => void>();
  });
});

describe("decorations", () => {
  it("with timeout put an error before the answer", () => {
    type Timed = DecorateAcknowledgements<Events>;
    expectTypeOf<Timed["plain"]>().toEqualTypeOf<() => void>();
    expectTypeOf<Timed["chat"]>().toEqualTypeOf<(room: string, text: string) => void>();
    expectTypeOf<Timed["ask"]>().toEqualTypeOf<
      (question: string, answer: (error: Error, text: string, certainty: number) => void) => void
    >();
    expectTypeOf<Timed["done"]>().toEqualTypeOf<(callback: (error: Error) => void) => void>();
    expectTypeOf<Timed["maybe"]>().toEqualTypeOf<(callback?: (error: Error, text: string) => void) => void>();
    expectTypeOf<Timed["rest"]>().toEqualTypeOf<(...words: string[]) => void>();
  });

  it("with timeout on the server do so once, where the map names an error already", () => {
    type Timed = DecorateServerAcknowledgements<Events>;
    expectTypeOf<Timed["failing"]>().toEqualTypeOf<Events["failing"]>();
    expectTypeOf<Timed["done"]>().toEqualTypeOf<(callback: (error: Error) => void) => void>();
    expectTypeOf<Timed["rest"]>().toEqualTypeOf<Events["rest"]>();
  });

  it("for broadcasts collect the first answer of each client", () => {
    type Many = DecorateAcknowledgementsWithMultipleResponses<Events>;
    expectTypeOf<Many["chat"]>().toEqualTypeOf<(room: string, text: string) => void>();
    expectTypeOf<Many["ask"]>().toEqualTypeOf<(question: string, answer: (responses: string[]) => void) => void>();
    expectTypeOf<Many["failing"]>().toEqualTypeOf<
      (id: number, callback: (error: Error, responses: Date[]) => void) => void
    >();
  });

  it("for broadcasts with timeout have both, in either order of decoration", () => {
    type Many = DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Events>;
    type Composed = DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<Events>>;
    type Ask = (question: string, answer: (error: Error, responses: string[]) => void) => void;
    expectTypeOf<Many["ask"]>().toEqualTypeOf<Ask>();
    expectTypeOf<Composed["ask"]>().toEqualTypeOf<Ask>();
    expectTypeOf<FirstNonErrorArg<Last<EventParams<Many, "ask">>>>().toEqualTypeOf<string[]>();
  });

  it("can take the acknowledgement away", () => {
    type Without = RemoveAcknowledgements<Events>;
    expectTypeOf<Without["ask"]>().toEqualTypeOf<(question: string) => void>();
    expectTypeOf<Without["done"]>().toEqualTypeOf<() => void>();
    expectTypeOf<Without["chat"]>().toEqualTypeOf<(room: string, text: string) => void>();
    expectTypeOf<EventNamesWithAck<Without>>().toEqualTypeOf<never>();
  });

  it("leave an untyped map as it is", () => {
    type Listener = DefaultEventsMap[string];
    expectTypeOf<DecorateAcknowledgements<DefaultEventsMap>[string]>().toEqualTypeOf<Listener>();
    expectTypeOf<
      DecorateAcknowledgementsWithTimeoutAndMultipleResponses<DefaultEventsMap>[string]
    >().toEqualTypeOf<Listener>();
    expectTypeOf<RemoveAcknowledgements<DefaultEventsMap>[string]>().toEqualTypeOf<Listener>();
  });
});

describe("signatures built of them", () => {
  interface Emitter<Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen> {
    on<Event extends ReservedOrUserEventNames<Reserved, Listen>>(
      event: Event,
      listener: ReservedOrUserListener<Reserved, Listen, Event>,
    ): this;
    emit<Event extends EventNames<Emit>>(event: Event, ...args: EventParams<Emit, Event>): boolean;
    emitWithAck<Event extends EventNamesWithAck<Emit>>(
      event: Event,
      ...args: AllButLast<EventParams<Emit, Event>>
    ): Promise<FirstNonErrorArg<Last<EventParams<Emit, Event>>>>;
    timeout(): Emitter<Listen, DecorateAcknowledgements<Emit>>;
  }

  it("infer arguments of listeners and refuse wrong ones", () => {
    const check = (emitter: Emitter<Events>): void => {
      emitter.on("chat", (room, text) => {
        expectTypeOf(room).toEqualTypeOf<string>();
        expectTypeOf(text).toEqualTypeOf<string>();
      });
      emitter.on("disconnect", (reason) => {
        expectTypeOf(reason).toEqualTypeOf<"a" | "b">();
      });
      emitter.emit("ask", "why", (text, certainty) => {
        expectTypeOf(text).toEqualTypeOf<string>();
        expectTypeOf(certainty).toEqualTypeOf<number>();
      });
      emitter.timeout().emit("ask", "why", (error, text) => {
        expectTypeOf(error).toEqualTypeOf<Error>();
        expectTypeOf(text).toEqualTypeOf<string>();
      });
      // @ts-expect-error a number is no room
      emitter.emit("chat", 1, "hi");
      // @ts-expect-error no such event
      emitter.emit("nothing");
      // @ts-expect-error nothing to acknowledge
      void emitter.emitWithAck("chat", "room", "hi");
      // @ts-expect-error the listener takes other arguments
      emitter.on("chat", (room: number) => room);
    };
    expectTypeOf(check).toBeFunction();
  });

  it("infer what a promise resolves to", () => {
    const check = (emitter: Emitter<Events>): void => {
      expectTypeOf(emitter.emitWithAck("ask", "why")).resolves.toEqualTypeOf<string>();
      expectTypeOf(emitter.timeout().emitWithAck("ask", "why")).resolves.toEqualTypeOf<string>();
      expectTypeOf(emitter.emitWithAck("failing", 1)).resolves.toEqualTypeOf<Date>();
    };
    expectTypeOf(check).toBeFunction();
  });

  it("take anything when no map was given", () => {
    const check = (emitter: Emitter): void => {
      emitter.on("whatever", (a, b) => {
        expectTypeOf(a).toBeAny();
        expectTypeOf(b).toBeAny();
      });
      emitter.emit("whatever", 1, "2", () => {});
      emitter.timeout().emit("whatever", 1);
      expectTypeOf(emitter.emitWithAck("whatever", 1)).resolves.toBeAny();
    };
    expectTypeOf(check).toBeFunction();
  });
});
