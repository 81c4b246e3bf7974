// What `require("@everwire/client")` gives: `io`, with the names of the package as its properties.
"use strict";

const names = require("./dist/index.js");

module.exports = Object.assign(names.io, names);
// There already; said once more for tools that read this file and don't run it.
module.exports.default = names.io;
