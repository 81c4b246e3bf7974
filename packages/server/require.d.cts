// The names of the package for TypeScript that compiles to CommonJS. That the module is callable, only JavaScript knows.
export * from "./dist/index.js";
