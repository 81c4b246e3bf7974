// What the cases know of a broker: where it is, and that it can be taken away and brought back.

/** Given to the server processes as JSON. */
export interface BrokerAddress {
  readonly ports: readonly number[];
  readonly isCluster: boolean;
}

export interface Broker {
  readonly address: BrokerAddress;
  /** Takes it away as a crash does. */
  crash(): Promise<void>;
  /** Brings it back on the same ports. */
  restart(): Promise<void>;
  /** Ends it and leaves nothing behind. */
  stop(): Promise<void>;
}
