// The house rules a machine can hold: strict types, and who may import whom. The layering stands in docs/ARCHITECTURE.md;
// here it is enforced. Later blocks replace earlier `no-restricted-imports` options, so each block states its layer whole.
import js from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";

const OWN_INDEX = {
  regex: "^\\.{1,2}(/\\.\\.)*/index\\.js$",
  message: "Nobody imports their own index: import the file that owns the name.",
};

/** @param {{ regex: string, message: string }[]} patterns */
const layer = (...patterns) => ({ "no-restricted-imports": ["error", { patterns: [OWN_INDEX, ...patterns] }] });

const only = (allowed, message) => ({ regex: `^(?!\\.|(?:${allowed})$)`, message });

const PROTOCOL = only("engine\\.io-parser", "protocol imports engine.io-parser only: no I/O, timers or emitters.");
const CLIENT = only(
  "#platform|#codec|@everwire/protocol(?:/compact)?",
  "client imports protocol only; node:* and ws belong in *.node.ts.",
);
const CLIENT_NODE = only(
  "@everwire/protocol|node:.+|ws",
  "a *.node.ts file of the client imports node:*, ws and protocol only.",
);
const SERVER = only("@everwire/protocol|node:.+|ws|cors", "server imports protocol, node:*, ws and cors only.");
const ENGINE = {
  regex: "^\\.\\./(?!emitter\\.js$|errors\\.js$|trace\\.js$|http/)",
  message: "engine/ never imports the socket layer.",
};
const TRANSPORTS = {
  regex:
    "^\\.\\./(?:session|upgrade|engine-server|send-window)\\.js$|^\\.\\./\\.\\./(?!emitter\\.js$|errors\\.js$|trace\\.js$|http/accept-encoding\\.js$)",
  message: "transports/ know frames, never a session nor anything above it.",
};
const ADAPTER = {
  regex: "engine/|^ws$",
  message: "adapter/ never sees the wire: it hands encoded packets to sockets.",
};
const PACKAGE_NAMES = { regex: "(^|/)packages/", message: "Import packages by name, as users do." };

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/client-dist/**",
      "**/coverage/**",
      "**/node_modules/**",
      "**/test-results/**",
      "**/playwright-report/**",
      "**/.cache/**",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ["./tsconfig.test.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/unified-signatures": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
    },
  },
  { files: ["packages/protocol/src/**/*.ts"], rules: layer(PROTOCOL) },
  {
    files: ["packages/protocol/src/decoder.ts"],
    rules: layer(only("eventemitter3", "the public Decoder is an emitter and nothing else.")),
  },
  {
    files: ["packages/parser-msgpack/src/**/*.ts"],
    rules: layer(
      only("@everwire/protocol|eventemitter3", "the parser imports protocol and the emitter of its Decoder."),
    ),
  },
  { files: ["packages/client/src/**/*.ts"], rules: layer(CLIENT) },
  { files: ["packages/client/src/engine/*.ts"], rules: layer(CLIENT, ENGINE) },
  { files: ["packages/client/src/engine/*.node.ts"], rules: layer(CLIENT_NODE, ENGINE) },
  { files: ["packages/client/src/engine/transports/*.ts"], rules: layer(CLIENT, TRANSPORTS) },
  { files: ["packages/client/src/engine/transports/*.node.ts"], rules: layer(CLIENT_NODE, TRANSPORTS) },
  {
    files: ["packages/react/src/**/*.ts"],
    rules: layer(only("@everwire/client|react", "the hooks import React and the client's public names.")),
  },
  { files: ["packages/server/src/**/*.ts"], rules: layer(SERVER) },
  { files: ["packages/server/src/engine/*.ts"], rules: layer(SERVER, ENGINE) },
  { files: ["packages/server/src/engine/transports/*.ts"], rules: layer(SERVER, TRANSPORTS) },
  { files: ["packages/server/src/adapter/*.ts"], rules: layer(SERVER, ADAPTER) },
  { files: ["e2e/**", "examples/**", "bench/**"], rules: layer(PACKAGE_NAMES) },
  {
    // Tests may import what they test with; black boxes without types come out as `any`.
    files: ["**/*.test.ts", "**/*.test.*.ts", "packages/*/test/**/*.ts", "e2e/**/*.ts", "packages/testkit/**/*.ts"],
    rules: {
      ...layer(PACKAGE_NAMES),
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-dynamic-delete": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: { ...globals.node } },
  },
  { files: ["examples/*/{public,src}/**/*.js"], languageOptions: { globals: { ...globals.browser } } },
  {
    // What engines from before ES2015 read. Their APIs are another thing: e2e/engines runs these files in such engines.
    files: ["e2e/engines/page/*.js", "examples/chat/public/start.js", "examples/chat/public/plain.js"],
    languageOptions: { ecmaVersion: 5, sourceType: "script", globals: { ...globals.browser, ...globals.es2015 } },
    rules: { "no-unused-vars": ["error", { caughtErrors: "none" }] },
  },
);
