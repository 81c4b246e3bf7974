// Rolls the browser build up to one file for each way of loading it: an ES module (ES2020) and a script tag (ES2017, global
// `io`), each readable and minified, with source maps that reach the TypeScript sources. Input is what `tsc -b` left in dist.
// The results are also laid where the server package serves them from.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import ts from "typescript";
import { es5Methods, es5Plugins } from "./es5.js";
import { INTERNAL_NAMES } from "./internal-names.js";

const HERE = import.meta.dirname;
const OUT = join(HERE, "dist", "bundle");
const SERVED = join(HERE, "..", "server", "client-dist");

/** Gives rollup the maps that tsc wrote beside our files, with the text of the sources in them. */
const sourceMaps = {
  name: "source-maps",
  load(id) {
    if (!existsSync(`${id}.map`) || id.includes("node_modules")) return null;
    const map = JSON.parse(readFileSync(`${id}.map`, "utf8"));
    map.sourcesContent = map.sources.map((source) => readFileSync(resolve(dirname(id), source), "utf8"));
    return { code: readFileSync(id, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"), map };
  },
};

/** Which name each class's private members get: `#x` becomes `_x`, or `_x2` where a base class has an `x` of its own. */
function privateNames(file) {
  const classes = new Map();
  const visit = (node) => {
    if (ts.isClassLike(node)) {
      const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]
        .expression;
      const members = node.members.filter(({ name }) => name !== undefined && ts.isPrivateIdentifier(name));
      classes.set(node, {
        name: node.name?.text,
        base: base?.getText(file),
        own: new Set(members.map(({ name }) => name.text)),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const byName = new Map([...classes.values()].map((info) => [info.name, info]));
  const depth = (info, name) => {
    let count = 1;
    for (let base = byName.get(info.base); base !== undefined; base = byName.get(base.base))
      if (base.own.has(name)) count += 1;
    return count;
  };
  for (const info of classes.values()) {
    info.renamed = new Map(
      [...info.own].map((name) => [name, name.replace("#", "_") + (depth(info, name) > 1 ? depth(info, name) : "")]),
    );
  }
  return classes;
}

/**
 * The like for the minifier: numbers, from the most used one of a class on, which begin anew in each line of inheritance. A few
 * short names are enough then, and their repetition compresses well.
 */
function privateNumbers(file) {
  const classes = privateNames(file);
  const byName = new Map([...classes.values()].map((info) => [info.name, info]));
  const text = file.text;
  const countOf = (info) => (info === undefined ? 0 : info.own.size + countOf(byName.get(info.base)));
  for (const [node, info] of classes) {
    const body = text.slice(node.pos, node.end);
    const uses = (name) => body.split(new RegExp(`${name}\\b`)).length;
    const first = countOf(byName.get(info.base));
    const sorted = [...info.own].sort((one, other) => uses(other) - uses(one));
    info.renamed = new Map(sorted.map((name, index) => [name, `_${first + index}`]));
  }
  return classes;
}

/** Private members become plain ones, which the minifier can shorten; a class body that has the name decides which. */
const plainMembers = (namesOf) => (context) => (file) => {
  const classes = namesOf(file);
  const visitIn = (scopes) => (node) => {
    if (ts.isPrivateIdentifier(node)) {
      const owner = scopes.find(({ own }) => own.has(node.text));
      if (owner === undefined) throw new Error(`failed to lower ${node.text}: no class around it declares it`);
      return ts.setTextRange(context.factory.createIdentifier(owner.renamed.get(node.text)), node);
    }
    if (ts.isBinaryExpression(node) && ts.isPrivateIdentifier(node.left))
      throw new Error(`"${node.left.text} in" is not lowered`);
    const inner = ts.isClassLike(node) ? [classes.get(node), ...scopes] : scopes;
    return ts.visitEachChild(node, visitIn(inner), context);
  };
  return ts.visitNode(file, visitIn([]));
};

/** What is so in every page that loads a bundle; who builds for Node or React Native takes the package. */
const IN_A_PAGE = { "opts.cookies": "undefined", isReactNative: "false", "options.autoUnref": "false" };

/**
 * What the minified bundles leave out: the check of each step of a state machine, which only a fault of our own could fail; trace
 * points; the sentence of an error of the peer's or of one that no other library has too ("failed to ..."), with its code in its
 * place; the second half of a sentence that has its first for a name; and what is dead in a page.
 */
const leaveOut = (context) => (file) => {
  const { factory } = context;
  const textOf = (node) => node?.getText(file) ?? "";
  const isOurs = (text) => /^["`]failed to /.test(text);
  const visit = (node) => {
    const { expression, arguments: args } = node;
    if (ts.isExpressionStatement(node) && /^(?:trace\?\.|traceBySetting)\(/.test(textOf(node)))
      return factory.createEmptyStatement();
    if (ts.isStringLiteral(node) && node.text.startsWith(" with a v3.x client")) return factory.createStringLiteral("");
    if (ts.isPropertyAccessExpression(node) && textOf(node) in IN_A_PAGE)
      return factory.createIdentifier(IN_A_PAGE[textOf(node)]);
    const inner = ts.visitEachChild(node, visit, context);
    // One keyword for all compresses better than two; the compiler has seen to it that nothing is assigned twice.
    if (ts.isVariableDeclarationList(node))
      return factory.createVariableDeclarationList(inner.declarations, ts.NodeFlags.Let);
    if (ts.isVariableDeclaration(node) && textOf(node.name) in IN_A_PAGE) {
      const value = factory.createIdentifier(IN_A_PAGE[textOf(node.name)]);
      return factory.updateVariableDeclaration(inner, inner.name, undefined, undefined, value);
    }
    // Only a symbol would mind, and none comes there.
    if (ts.isTemplateSpan(node) && textOf(expression.expression) === "String")
      return factory.updateTemplateSpan(inner, inner.expression.arguments[0], inner.literal);
    if (ts.isCallExpression(node) && textOf(expression) === "transition") return inner.arguments[2];
    if (!ts.isNewExpression(node) || !/"ERR_/.test(textOf(args?.[0]))) return inner;
    if (textOf(expression) !== "ProtocolError" && !isOurs(textOf(args[1]))) return inner;
    const [code, , ...more] = inner.arguments;
    const withoutText = more.length > 0 ? [code, factory.createVoidZero(), ...more] : [code];
    return factory.updateNewExpression(inner, inner.expression, undefined, withoutText);
  };
  return ts.visitNode(file, visit);
};

/** Lowers the finished chunk to a syntax level. */
const lower = (target, transformers) => ({
  name: "lower",
  renderChunk(code, { fileName }) {
    const { outputText, sourceMapText } = ts.transpileModule(code, {
      fileName,
      compilerOptions: {
        allowJs: true,
        target,
        module: ts.ModuleKind.ESNext,
        useDefineForClassFields: false,
        // Helpers of the compiler's are for what old engines lack, and those have their own.
        noEmitHelpers: true,
        ignoreDeprecations: "6.0",
        sourceMap: true,
      },
      transformers: { before: transformers },
    });
    return { code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"), map: JSON.parse(sourceMapText) };
  },
});

/** In about the order in which the minifier gives the letters to variables, so that both are found together. */
const LETTERS = "tsiehroacludpfgywb_vmEROTkANxLSM$CDUjBPIFqHWVzKXGJYZQ";

/**
 * What the members that are not public are called in the end: the shortest names go to those that stand there most often, and of
 * these first, in the order of their numbers, to the private ones, which are the same few in each class.
 */
function shortNames(code) {
  const counts = new Map();
  for (const [name] of code.matchAll(new RegExp(`(?<=\\.)(?:_\\d+|${INTERNAL_NAMES.join("|")})\\b`, "g")))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts.keys()];
  const often = [...names].sort((one, other) => counts.get(other) - counts.get(one)).slice(0, LETTERS.length);
  const first = often.filter((name) => /^_\d/.test(name)).sort((one, other) => one.slice(1) - other.slice(1));
  // What may be a public member: two letters anywhere, or one behind a dot or before a colon or a list of parameters.
  const taken = new Set(code.match(/[\w$]{2,}|(?<=\.)[\w$]|[\w$](?=[:(])/g));
  const short = ["", ...LETTERS]
    .flatMap((last) => [...LETTERS].map((letter) => letter + last))
    .filter((name) => !taken.has(name));
  const inOrder = new Set([...first, ...often, ...names]);
  return Object.fromEntries([...inOrder].map((name, index) => [`$${name}`, short[index]]));
}

/** `_placeholder` is on the wire. */
const minify = (ecma, module) => ({
  name: "minify",
  renderChunk(code, chunk, options) {
    const plugin = terser({
      ecma,
      module,
      nameCache: { props: { props: shortNames(code) } },
      compress: {
        passes: 4,
        unsafe_arrows: true,
        unsafe_methods: true,
        pure_getters: true,
        keep_fargs: false,
        hoist_props: true,
      },
      mangle: {
        properties: {
          regex: new RegExp(`^(?:_(?!_).*|${INTERNAL_NAMES.join("|")})$`),
          reserved: ["_placeholder"],
          // Some are a name in the DOM as well (moveTo); on what the bundle touches of the DOM they are not.
          builtins: true,
        },
      },
    });
    return plugin.renderChunk(code, chunk, options);
  },
});

/** Lays the bundle where the server finds it and says what it costs. */
const publish = {
  name: "publish",
  writeBundle(_options, files) {
    mkdirSync(SERVED, { recursive: true });
    for (const [name, { type, code }] of Object.entries(files)) {
      copyFileSync(join(OUT, name), join(SERVED, name));
      if (type !== "chunk") continue;
      const bytes = Buffer.from(code);
      const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
      console.log(
        `${name.padEnd(25)} ${sizes.map((size) => String(size).padStart(7)).join(" ")}  raw, gzip -9, brotli`,
      );
    }
  },
};

/** Packets as MessagePack: the parser's reader and writer in the place of the JSON ones, which are then not in the bundle. */
const withMsgpack = {
  name: "with-msgpack",
  resolveId: (id) => (id === "#codec" ? "\0codec-msgpack" : null),
  load: (id) =>
    id === "\0codec-msgpack"
      ? 'export * from "@everwire/protocol/compact"; export { Encoder, PacketReader } from "@everwire/parser-msgpack";'
      : null,
};

/** A table that never changes in the place of the registry: what a session can't use is seen to be dead, and left out. */
const withTransports = (table) => ({
  name: "with-transports",
  resolveId: (id) => {
    if (id.endsWith("/register-every.js")) return "\0nothing";
    return id.endsWith("/registry.js") ? join(HERE, "dist", table) : null;
  },
  load: (id) => (id === "\0nothing" ? "" : null),
});

/** Tabs share by a worker that comes as a file: the smallest bundle does without, and old engines have no such workers. */
const withoutShared = {
  name: "without-shared",
  resolveId: (id) => (id.endsWith("/shared/tab.js") ? "\0own-session" : null),
  load: (id) =>
    id === "\0own-session"
      ? `import { Session } from ${JSON.stringify(join(HERE, "dist", "engine", "session.js"))};
         export const openShared = ({ uri, opts }) => ((opts.shared = false), new Session(uri, opts));`
      : null,
};

const bundle = (
  input,
  name,
  { format, target, ecma, transports = "engine/every-transport.js", plugins = [], transformers = [], ...rest },
) => ({
  input: join(HERE, "dist", input),
  // What is not used of it is not there: its tables are filled by statements, which count as effects.
  treeshake: { moduleSideEffects: (id) => !id.includes("engine.io-parser") },
  plugins: [
    ...plugins,
    withTransports(transports),
    sourceMaps,
    nodeResolve({ browser: true, exportConditions: ["browser", "module", "import", "default"] }),
    commonjs(),
  ],
  output: ["", ".min"].map((suffix) => ({
    file: join(OUT, `${name}${suffix}.js`),
    format,
    sourcemap: true,
    generatedCode: "es2015",
    plugins: [
      lower(target, [
        ...(suffix ? [leaveOut, plainMembers(privateNumbers)] : [plainMembers(privateNames)]),
        ...transformers,
      ]),
      suffix && minify(ecma, format === "es"),
      publish,
    ],
    ...rest,
  })),
});

const SCRIPT = {
  format: "umd",
  target: ts.ScriptTarget.ES2017,
  ecma: 2017,
  name: "io",
  exports: "default",
  // Not in the browsers of 2017.
  intro: 'var globalThis = typeof self === "object" ? self : global;',
};

const MODULE = { format: "es", target: ts.ScriptTarget.ES2020, ecma: 2020 };

/** For engines that are ES5 and no more; a shell without a page loads it too. */
const LEGACY = {
  ...SCRIPT,
  target: ts.ScriptTarget.ES5,
  ecma: 5,
  plugins: [...es5Plugins, withoutShared],
  transformers: [es5Methods],
  generatedCode: "es5",
  intro: 'var globalThis = typeof self === "object" ? self : Function("return this")();',
};

/** Another file, rolled up like the legacy bundle; for its tests. */
export const legacyBundle = (input, name) => bundle(input, name, { ...LEGACY, name, format: "iife", exports: "auto" });

export default [
  bundle("bundle/esm.js", "everwire.esm", MODULE),
  bundle("bundle/ws.js", "everwire.ws.esm", {
    ...MODULE,
    exports: "named",
    transports: "bundle/ws-transports.js",
    plugins: [withoutShared],
  }),
  bundle("bundle/umd.js", "everwire", SCRIPT),
  bundle("bundle/umd.js", "everwire.legacy", LEGACY),
  bundle("bundle/umd.js", "everwire.msgpack", { ...SCRIPT, plugins: [withMsgpack] }),
  bundle("bundle/engine.js", "everwire.engine", { ...SCRIPT, name: "eio" }),
  bundle("bundle/shared-worker.js", "everwire.shared", { ...SCRIPT, format: "iife", name: undefined, exports: "none" }),
];
