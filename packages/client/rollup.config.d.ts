import type { OutputOptions, RollupOptions } from "rollup";

export declare const legacyBundle: (input: string, name: string) => RollupOptions & { output: [OutputOptions] };
