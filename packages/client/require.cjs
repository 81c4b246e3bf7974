// What `require("@everwire/client")` gives: `io`, with the names of the package as its properties.
"use strict";

const names = require("./dist/index.js");

module.exports = Object.assign(names.io, names);
