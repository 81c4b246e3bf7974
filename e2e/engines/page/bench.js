// The bench of the features in a page: runs them one after the other, each with a limit, and tells the bed each result as soon as it is
// known. ES5 without anything that came later, for it runs in engines of 2009; the first of the files behind /features.js.
(function (scope) {
  /** Milliseconds that one feature may take. */
  var LIMIT_MS = 15000;
  var REPORT_TRIES = 20;
  var REPORT_PAUSE_MS = 100;
  var features = [];

  /** Adds a feature: `run(test)` ends by `test.ok()`, `test.words(why)` or `test.fail(error)`. `page`: the page it belongs to. */
  function feature(name, run, page) {
    features.push({ name: name, run: run, page: page || "main" });
  }

  /** One request to the bed, which hears of it at least once: by what the engine has. */
  function tell(path, body, done) {
    var tries = 0;
    function again() {
      tries += 1;
      if (tries < REPORT_TRIES) setTimeout(send, REPORT_PAUSE_MS);
      else done();
    }
    function send() {
      var xhr;
      if (typeof XMLHttpRequest === "undefined") {
        scope.fetch(path, { method: "POST", body: body }).then(done, again);
        return;
      }
      try {
        xhr = new XMLHttpRequest();
        xhr.open("POST", path, true);
        xhr.setRequestHeader("Content-Type", "text/plain;charset=UTF-8");
        xhr.onreadystatechange = function () {
          if (xhr.readyState !== 4) return;
          if (xhr.status === 204) done();
          else again();
        };
        xhr.send(body);
      } catch (error) {
        tellByImage(path + "?body=" + encodeURIComponent(body), done, again);
      }
    }
    send();
  }

  function tellByImage(address, done, again) {
    var image = new Image();
    image.onload = done;
    image.onerror = again;
    image.src = address;
  }

  function Test(io, config, report) {
    this.io = io;
    this.config = config;
    this.sockets = [];
    this.isOver = false;
    this.report = report;
  }

  /** What `io()` gets for the transport of this run, over which `more` goes. */
  Test.prototype.options = function (more) {
    var options = { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, resume: { windowMs: 20000 } };
    var name;
    options.transports = { upgrade: ["polling", "websocket"] }[this.config.transport] || [this.config.transport];
    for (name in more) if (Object.prototype.hasOwnProperty.call(more, name)) options[name] = more[name];
    return options;
  };

  /** A socket that is closed with the test. */
  Test.prototype.socket = function (uri, more) {
    var socket = this.io(uri || this.config.origin + "/", this.options(more));
    this.sockets.push(socket);
    return socket;
  };

  /** Opens a socket, and calls back when it is connected and has moved to the transport that it stays on. */
  Test.prototype.open = function (uri, more, callback) {
    var test = this;
    var socket = this.socket(uri, more);
    socket.on("connect_error", function (error) {
      test.fail(error);
    });
    socket.once("connect", function () {
      test.settle(socket, callback);
    });
  };

  Test.prototype.settle = function (socket, callback) {
    var test = this;
    var engine = socket.io.engine;
    function settled() {
      test.attempt(callback, [socket]);
    }
    if (this.config.transport === "upgrade" && engine.transport.name !== "websocket") engine.once("upgrade", settled);
    else settled();
  };

  /** Calls `callback` so that what it throws fails the feature. */
  Test.prototype.attempt = function (callback, args) {
    if (this.isOver) return;
    try {
      callback.apply(null, args || []);
    } catch (error) {
      this.fail(error);
    }
  };

  /** The same as a listener. */
  Test.prototype.guard = function (callback) {
    var test = this;
    return function () {
      test.attempt(callback, arguments);
    };
  };

  Test.prototype.equal = function (what, actual, expected) {
    var got = JSON.stringify(actual);
    var wanted = JSON.stringify(expected);
    if (got !== wanted) throw new Error(what + " is " + shorten(got) + ", not " + shorten(wanted));
  };

  Test.prototype.ok = function () {
    this.end("ok");
  };

  /** It can't be had here: in the words of the table. */
  Test.prototype.words = function (why) {
    this.end("not possible here", why);
  };

  Test.prototype.fail = function (error) {
    this.end("failed", describe(error));
  };

  Test.prototype.end = function (outcome, text) {
    var i;
    if (this.isOver) return;
    this.isOver = true;
    for (i = 0; i < this.sockets.length; i++) this.sockets[i].disconnect();
    this.report(outcome, text || "");
  };

  function describe(error) {
    if (!error || typeof error !== "object") return String(error);
    return String(error.message || error) + (error.description ? " (" + describe(error.description) + ")" : "");
  }

  function shorten(text) {
    text = String(text);
    return text.length > 200 ? text.slice(0, 200) + "… (" + text.length + ")" : text;
  }

  /** Runs the features of the page that `config` names, and says that it is done. */
  function run(io, config, done) {
    var queue = [];
    var i;
    config.hasCors = typeof XMLHttpRequest === "undefined" || "withCredentials" in new XMLHttpRequest();
    for (i = 0; i < features.length; i++) if (features[i].page === config.page) queue.push(features[i]);

    function next() {
      var current = queue.shift();
      var timer;
      if (!current) {
        tell("/done", config.page, done);
        return;
      }
      var test = new Test(io, config, function (outcome, text) {
        clearTimeout(timer);
        tell("/report", JSON.stringify({ feature: current.name, outcome: outcome, text: text }), next);
      });
      timer = setTimeout(function () {
        test.fail("nothing came of it in " + LIMIT_MS + " ms");
      }, LIMIT_MS);
      test.attempt(current.run, [test]);
    }
    next();
  }

  scope.bench = { feature: feature, run: run };
})(typeof self !== "undefined" ? self : window);
