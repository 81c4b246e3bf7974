import { defineConfig } from "vitest/config";

// Tests import the packages' sources: the condition stands first in every `exports`, so no build is needed.
// No "import" here: vitest hands the list to Node itself, and a CommonJS dependency would then be given ES modules by `require`.
const sourceCondition = {
  resolve: { conditions: ["everwire-source", "node"] },
  ssr: { resolve: { conditions: ["everwire-source", "node"], noExternal: [/^@everwire\//] } },
};

export default defineConfig({
  ...sourceCondition,
  test: {
    projects: [
      {
        ...sourceCondition,
        test: { name: "unit", include: ["packages/*/src/**/*.test.ts"], testTimeout: 15_000 },
      },
      {
        ...sourceCondition,
        test: { name: "conformance", include: ["e2e/conformance/**/*.test.ts"], testTimeout: 20_000 },
      },
      {
        ...sourceCondition,
        test: { name: "cost", include: ["e2e/cost/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        ...sourceCondition,
        test: { name: "parity", include: ["e2e/parity/**/*.test.ts"], testTimeout: 10_000 },
      },
      {
        ...sourceCondition,
        test: { name: "docs", include: ["e2e/docs/**/*.test.ts"], testTimeout: 30_000 },
      },
      { test: { name: "packaging", include: ["e2e/packaging/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "chaos", include: ["e2e/chaos/**/*.test.mjs"] } },
      { ...sourceCondition, test: { name: "bench", include: ["bench/**/*.test.mjs"] } },
      {
        ...sourceCondition,
        test: { name: "examples", include: ["e2e/examples/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        ...sourceCondition,
        test: { name: "interop", include: ["e2e/interop/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        ...sourceCondition,
        test: { name: "brokers", include: ["e2e/brokers/**/*.test.ts"], testTimeout: 30_000 },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["packages/{protocol,server,client}/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/index.ts"],
      reporter: ["text-summary", "json-summary", "html"],
      thresholds: {
        "packages/protocol/src/**": { branches: 100 },
        "packages/{server,client}/src/**": { lines: 90 },
      },
    },
  },
});
