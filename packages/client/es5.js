// How the bundle for old engines is built: which files of src/legacy stand for which others, what is put in the place of globals that
// ES5 lacks, and what becomes of newer methods. rollup.config.js lowers the syntax and minifies.
import { dirname, join } from "node:path";
import inject from "@rollup/plugin-inject";
import ts from "typescript";

const LEGACY = join(import.meta.dirname, "dist", "legacy");

/** Files that have a twin in src/legacy: by what the client imports, and by what its codec imports in the protocol package. */
const TWINS = { "#codec": "codec.js", "#platform": "platform.js", "./transports/index.js": "transports.js" };
const CODEC_TWINS = { "../binary.js": "binary.js", "./binary-form.js": "binary-form.js" };

const twins = {
  name: "twins",
  resolveId(id, importer = "") {
    // The twins build on what they stand for.
    if (importer.startsWith(LEGACY)) return null;
    const twin = TWINS[id] ?? (dirname(importer).endsWith("compact") ? CODEC_TWINS[id] : undefined);
    return twin === undefined ? null : join(LEGACY, twin);
  },
  // Used by the syntax that is lowered later, which no one sees yet.
  transform: (code, id) =>
    id === join(LEGACY, "es5-helpers.js") ? { code, map: null, moduleSideEffects: "no-treeshake" } : null,
};

/** Globals, and members of globals, that the fallback takes the place of: the page's own stay as they are. */
const globals = inject({
  exclude: [join(LEGACY, "**")],
  sourceMap: true,
  modules: Object.fromEntries(
    [
      ["Map", "map", "LegacyMap"],
      ["Set", "set", "LegacySet"],
      ["Promise", "promise", "AnyPromise"],
      ["Object.assign", "es5-helpers", "__assign"],
      ["Number.isFinite", "number", "isFiniteNumber"],
      ["Number.isSafeInteger", "number", "isSafeInteger"],
      ["Number.MAX_SAFE_INTEGER", "number", "MAX_SAFE_INTEGER"],
      ["navigator.sendBeacon", "beacon", "sendBeacon"],
    ].map(([name, file, exported]) => [name, [join(LEGACY, `${file}.js`), exported]]),
  ),
});

export const es5Plugins = [twins, globals];

/** Newer methods of lists and texts as the older ones that do the same, and Error as a base that a function can have. */
export const es5Methods = (context) => (file) => {
  const { factory } = context;
  const call = (target, method, ...args) =>
    factory.createCallExpression(factory.createPropertyAccessExpression(target, method), undefined, args);
  const rewrites = {
    includes: (list, item) =>
      factory.createGreaterThanEquals(call(list, "indexOf", item), factory.createNumericLiteral(0)),
    startsWith: (text, start) =>
      factory.createStrictEquality(
        call(text, "lastIndexOf", start, factory.createNumericLiteral(0)),
        factory.createNumericLiteral(0),
      ),
    find: (list, isIt) => factory.createElementAccessExpression(call(list, "filter", isIt), 0),
    findIndex: (list, isIt) =>
      factory.createCallExpression(factory.createIdentifier("__findIndex"), undefined, [list, isIt]),
  };
  const visit = (node) => {
    const inner = ts.visitEachChild(node, visit, context);
    if (ts.isHeritageClause(node) && node.types[0].expression.getText(file) === "Error")
      return factory.updateHeritageClause(inner, [
        factory.updateExpressionWithTypeArguments(inner.types[0], factory.createIdentifier("__Error"), undefined),
      ]);
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return inner;
    const rewrite = Object.hasOwn(rewrites, node.expression.name.text) && rewrites[node.expression.name.text];
    if (!rewrite || node.arguments.length !== 1) return inner;
    return ts.setTextRange(
      factory.createParenthesizedExpression(rewrite(inner.expression.expression, inner.arguments[0])),
      node,
    );
  };
  return ts.visitNode(file, visit);
};
