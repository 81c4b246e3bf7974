// What `require("@everwire/server")` gives: a function that makes a server, with the names of the package as its properties.
"use strict";

const names = require("./dist/index.js");

module.exports = Object.assign(function everwire(...args) {
  return new names.Server(...args);
}, names);
