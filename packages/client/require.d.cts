// The names of the package for TypeScript that compiles to CommonJS. That the module is callable, its default export says.
export * from "./dist/index.js";
export { default } from "./dist/index.js";
