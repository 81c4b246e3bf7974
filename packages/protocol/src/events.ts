// Types of typed events: how an interface of event names and listeners becomes the signatures of `on`, `emit`, `emitWithAck`,
// `timeout` and of broadcasts. Server, Namespace, Socket, BroadcastOperator and the client's Socket are written in these terms.
// No code comes out of this file.

/* eslint-disable @typescript-eslint/no-explicit-any -- inference over users' listeners works only through `any`: `unknown` as a
   parameter type would refuse every listener that names its own */

/** Event names, each with the type of its listener. */
export interface EventsMap {
  [event: string]: any;
}

/** What is used when no map was given: any name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

type AnyFunction = (...args: any[]) => any;

/** Names of a map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** Arguments of an event's listener. */
export type EventParams<Map extends EventsMap, Event extends EventNames<Map>> = Parameters<Map[Event]>;

/** Names that may be listened to: the object's own, and the user's. */
export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  EventNames<Reserved> | EventNames<User>;

/** Listener of an own event or of a user's one; an own event wins. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Event extends ReservedOrUserEventNames<Reserved, User>,
> = FallbackToUntypedListener<
  Event extends EventNames<Reserved> ? Reserved[Event] : Event extends EventNames<User> ? User[Event] : never
>;

/** A listener type, or an untyped one where inference found none. */
export type FallbackToUntypedListener<Listener> = [Listener] extends [never]
  ? (...args: any[]) => void | Promise<void>
  : Listener;

/** The last element of a tuple, optional or not; `any` where the length is not known. */
export type Last<Values extends any[]> = Required<Values> extends [...any[], infer Final] ? Final : any;

/** A tuple without its last element. */
export type AllButLast<Values extends any[]> = Values extends [...infer Rest, any]
  ? Rest
  : Required<Values> extends [...infer Rest, any]
    ? Rest
    : any[];

/** The first element that is no Error: what a promise for an acknowledgement resolves to. */
export type FirstNonErrorArg<Ack> = Ack extends (...args: infer Args) => any ? FirstNonErrorTuple<Args> : any;

/** The first element of a tuple, skipping one Error at its head. */
export type FirstNonErrorTuple<Values extends unknown[]> = Values[0] extends Error ? Values[1] : Values[0];

type IsAny<Value> = 0 extends 1 & Value ? true : false;

type IsUntyped<Map extends EventsMap> = string extends keyof Map ? true : false;

type AckOf<Listener> = Listener extends AnyFunction ? Last<Parameters<Listener>> : never;

// A list of unknown length (an untyped map, a rest parameter) has no last element.
type IsOpenEnded<Values extends unknown[]> = number extends Values["length"] ? true : false;

// "yes" for a listener whose last parameter is a callback, "optional" where it may be left out, "maybe" where the map says nothing
// (untyped), "no" otherwise.
type TakesAck<Listener> =
  IsAny<Listener> extends true
    ? "maybe"
    : Listener extends AnyFunction
      ? IsOpenEnded<Parameters<Listener>> extends true
        ? MayHoldAck<Parameters<Listener>[number]>
        : Parameters<Listener> extends []
          ? "no"
          : IsAny<AckOf<Listener>> extends true
            ? "maybe"
            : AckOf<Listener> extends AnyFunction
              ? IsLastOptional<Parameters<Listener>> extends true
                ? "optional"
                : "yes"
              : "no"
      : "maybe";

type IsLastOptional<Values extends unknown[]> = Values extends [...unknown[], unknown] ? false : true;

type MayHoldAck<Value> = [Extract<Value, AnyFunction>] extends [never] ? "no" : "maybe";

/** Names of the events that can be acknowledged. */
export type EventNamesWithAck<Map extends EventsMap, Event extends EventNames<Map> = EventNames<Map>> =
  IsUntyped<Map> extends true
    ? Event
    : Event extends unknown
      ? TakesAck<Map[Event]> extends "no"
        ? never
        : Event
      : never;

/** Names of the events that are not acknowledged. */
export type EventNamesWithoutAck<Map extends EventsMap, Event extends EventNames<Map> = EventNames<Map>> =
  IsUntyped<Map> extends true
    ? Event
    : Event extends unknown
      ? TakesAck<Map[Event]> extends "yes"
        ? never
        : Event
      : never;

/** Names of the events whose acknowledgement starts with an Error: they can be awaited with a timeout. */
export type EventNamesWithError<Map extends EventsMap, Event extends EventNamesWithAck<Map> = EventNamesWithAck<Map>> =
  IsUntyped<Map> extends true
    ? Event
    : Event extends unknown
      ? StartsWithError<Map[Event]> extends true
        ? Event
        : never
      : never;

type StartsWithError<Listener> =
  TakesAck<Listener> extends "maybe"
    ? true
    : AckOf<Listener> extends (...args: infer Args) => any
      ? Args[0] extends Error
        ? true
        : false
      : false;

type PrependError<Ack> = Ack extends (...args: infer Args) => infer Result
  ? (error: Error, ...args: Args) => Result
  : Ack;

type PrependErrorOnce<Ack> = Ack extends (...args: infer Args) => unknown
  ? Args[0] extends Error
    ? IsAny<Args[0]> extends true
      ? PrependError<Ack>
      : Ack
    : PrependError<Ack>
  : Ack;

// Each client answers once, and its first argument counts: the caller gets one list of them.
type Responses<Args extends unknown[]> =
  IsOpenEnded<Args> extends true
    ? any[]
    : Args[0] extends Error
      ? [error: Args[0], responses: FirstNonErrorTuple<Args>[]]
      : [responses: FirstNonErrorTuple<Args>[]];

type Multiply<Ack> = Ack extends (...args: infer Args) => infer Result ? (...args: Responses<Args>) => Result : Ack;

type ReplaceLast<Values extends any[], Replacement> =
  IsLastOptional<Values> extends true ? [...AllButLast<Values>, Replacement?] : [...AllButLast<Values>, Replacement];

type WithError<Listener> = Listener extends (...args: infer Args) => infer Result
  ? TakesAck<Listener> extends "yes" | "optional"
    ? (...args: ReplaceLast<Args, PrependError<Last<Args>>>) => Result
    : Listener
  : Listener;

type WithErrorOnce<Listener> = Listener extends (...args: infer Args) => infer Result
  ? TakesAck<Listener> extends "yes" | "optional"
    ? (...args: ReplaceLast<Args, PrependErrorOnce<Last<Args>>>) => Result
    : Listener
  : Listener;

type WithResponses<Listener> = Listener extends (...args: infer Args) => infer Result
  ? TakesAck<Listener> extends "yes" | "optional"
    ? (...args: ReplaceLast<Args, Multiply<Last<Args>>>) => Result
    : Listener
  : Listener;

type WithoutAck<Listener> = Listener extends (...args: infer Args) => infer Result
  ? TakesAck<Listener> extends "yes" | "optional"
    ? (...args: AllButLast<Args>) => Result
    : Listener
  : Listener;

/** After `timeout()` of a client's socket: each acknowledgement gets an Error as its first argument. */
export type DecorateAcknowledgements<Map> = { [Event in keyof Map]: WithError<Map[Event]> };

/** After `timeout()` on the server: the same, but an acknowledgement whose map names an Error first is taken to mean this one. */
export type DecorateServerAcknowledgements<Map> = { [Event in keyof Map]: WithErrorOnce<Map[Event]> };

/** For broadcasts: each acknowledgement gets the list of all answers. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = { [Event in keyof Map]: WithResponses<Map[Event]> };

/** For broadcasts after `timeout()`, and between servers: an Error, then the list of all answers. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Event in keyof Map]: WithError<WithResponses<Map[Event]>>;
};

/** For what can't be acknowledged: the listeners without their callback. */
export type RemoveAcknowledgements<Map> = { [Event in keyof Map]: WithoutAck<Map[Event]> };
