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

const DEFAULTS: SettingValues = {
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
  timeout: 20_000,
};
const NAMES = Object.keys(DEFAULTS) as (keyof SettingValues)[];

/** Each gives the value, or sets it. The methods are made below, all from the same few lines. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- every one is in the table
export interface ManagerSettings {
  reconnection(): boolean;
  /** Turning it off ends a running loop. */
  reconnection(value: boolean): this;
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  timeout(): number | false;
  timeout(value: number | false): this;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the same
export abstract class ManagerSettings extends Emitter<NoEvents, NoEvents, ManagerEvents> {
  protected readonly settings: SettingValues;

  constructor(options: Partial<ManagerOptions>) {
    super();
    const settings: Partial<Record<keyof SettingValues, unknown>> = {};
    NAMES.forEach((name) => {
      const value = options[name];
      // As users know it, 0 is no wait and no number of attempts, but the default.
      settings[name] = (value === 0 && /^rec/.test(name) ? undefined : value) ?? DEFAULTS[name];
    });
    this.settings = settings as SettingValues;
  }

  protected abstract onSetting(): void;
}

NAMES.forEach((name) => {
  ManagerSettings.prototype[name] = function (this: ManagerSettings, value?: unknown): never {
    if (value === undefined) return this.settings[name] as never;
    this.settings[name] = value as never;
    this.onSetting();
    return this as never;
  };
});
