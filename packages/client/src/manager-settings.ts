// ManagerSettings: the options of a Manager that may change while it runs, with their getters that are setters. The
// Manager is one; backoff and reconnection read the values as they are at the time.
import { Emitter } from "./emitter.js";
import type { ManagerEvents } from "./manager.js";
import type { ManagerOptions } from "./options.js";

export type SettingValues = Pick<
  ManagerOptions,
  | "reconnection"
  | "reconnectionAttempts"
  | "reconnectionDelay"
  | "reconnectionDelayMax"
  | "randomizationFactor"
  | "timeout"
>;

type NoEvents = { [Event in never]: never };

export abstract class ManagerSettings extends Emitter<NoEvents, NoEvents, ManagerEvents> {
  protected readonly settings: SettingValues;

  constructor(options: Partial<ManagerOptions>) {
    super();
    // As users know it, 0 is no wait and no number of attempts, but the default.
    this.settings = {
      reconnection: options.reconnection !== false,
      reconnectionAttempts: options.reconnectionAttempts || Infinity,
      reconnectionDelay: options.reconnectionDelay || 1000,
      reconnectionDelayMax: options.reconnectionDelayMax || 5000,
      randomizationFactor: options.randomizationFactor ?? 0.5,
      timeout: options.timeout ?? 20_000,
    };
  }

  reconnection(): boolean;
  /** Turning it off ends a running loop. */
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean {
    return this.#access("reconnection", value);
  }

  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number {
    return this.#access("reconnectionAttempts", value);
  }

  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number {
    return this.#access("reconnectionDelay", value);
  }

  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number {
    return this.#access("reconnectionDelayMax", value);
  }

  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number {
    return this.#access("randomizationFactor", value);
  }

  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): this | number | false {
    return this.#access("timeout", value);
  }

  protected abstract onSetting(): void;

  #access<Name extends keyof SettingValues>(name: Name, value?: SettingValues[Name]): this | SettingValues[Name] {
    if (value === undefined) return this.settings[name];
    this.settings[name] = value;
    this.onSetting();
    return this;
  }
}
