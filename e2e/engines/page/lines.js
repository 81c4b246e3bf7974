// What becomes of connections: namespaces, refusals, restarts, cuts, other origins, TLS, and pages that are left. ES5; the last file of
// /features.js.
(function (scope) {
  var bench = scope.bench;
  var feature = bench.feature;

  feature("namespaces", function (test) {
    var origin = test.config.origin;
    test.open("", {}, function (socket) {
      var manager = socket.io;
      var names = [];
      function join(name) {
        var room = manager.socket(name);
        test.sockets.push(room);
        room.on(
          "hello",
          test.guard(function (where) {
            names.push([name, where]);
            if (names.length === 2) check();
          })
        );
        room.emit("greet");
      }
      function check() {
        names.sort();
        test.equal("who was greeted", names, [
          ["/first", "/first"],
          ["/second", "/second"]
        ]);
        manager.socket("/first").emit(
          "whoami",
          test.guard(function (id) {
            test.equal("the id", id, manager.socket("/first").id);
            if (id === socket.id) throw new Error("two namespaces have one id at " + origin);
            test.ok();
          })
        );
      }
      join("/first");
      join("/second");
    });
  });

  feature("auth refused", function (test) {
    var socket = test.socket(test.config.origin + "/guarded", { auth: { token: "wrong" } });
    socket.on("connect", function () {
      test.fail("it was let in");
    });
    socket.on(
      "connect_error",
      test.guard(function (error) {
        test.equal("the error", [error.message, error.data], ["not you", { code: 4001, text: "\ud835\udcb3" }]);
        test.equal("active", socket.active, false);
        var welcome = test.socket(test.config.origin + "/guarded", { auth: { token: "right" } });
        welcome.on("connect", function () {
          test.ok();
        });
        welcome.on("connect_error", function (again) {
          test.fail(again);
        });
      })
    );
  });

  feature("restart", function (test) {
    test.open("", {}, function (socket) {
      var id = socket.id;
      var isBack = false;
      // Tries that fail while nobody listens are no failure here.
      socket.off("connect_error");
      socket.once("disconnect", function () {
        socket.emit(
          "bounce",
          "said meanwhile",
          test.guard(function (back) {
            test.equal("the answer", back, "said meanwhile");
            test.equal("connected first", isBack, true);
            test.ok();
          })
        );
        socket.once(
          "connect",
          test.guard(function () {
            isBack = true;
            if (socket.id === id) throw new Error("it has the id of before");
          })
        );
      });
      socket.emit("restart");
    });
  });

  /** Numbers that go each way in a round: the first half before the line breaks, the second behind it. */
  var HALF = 20;
  /**
   * How long the line stays down in each round: a cut alone may pass unnoticed over polling, for browsers repeat a request by themselves;
   * an outage does not.
   */
  var OUTAGES_MS = [0, 150];

  feature("resume", function (test) {
    test.open("", {}, function (socket) {
      var ids = [socket.id, socket.io.engine.id];
      var got = [];
      var breaks = 0;
      var round = 0;
      var sent = 0;

      function send(upTo) {
        while (sent < upTo) {
          sent += 1;
          socket.emit("number", sent);
        }
      }
      /** The server sends its numbers, breaks the line in the midst of them, and goes on. */
      function begin() {
        send(sent + HALF);
        socket.emit("break", 2 * HALF * round + 1, HALF, OUTAGES_MS[round]);
      }
      function sendRest() {
        send(2 * HALF * (round + 1));
      }
      function check() {
        socket.emit(
          "numbers",
          test.guard(function (seen) {
            var wanted = [];
            while (wanted.length < sent) wanted.push(wanted.length + 1);
            test.equal("what the server got", seen, wanted);
            test.equal("what the page got", got, wanted);
            test.equal("the ids", [socket.id, socket.io.engine.id], ids);
            if (breaks < 1) throw new Error("the line did not break");
            test.ok();
          })
        );
      }

      socket.on("disconnect", function (reason) {
        test.fail("disconnected: " + reason);
      });
      socket.io.on("suspend", function () {
        breaks += 1;
        sendRest();
      });
      socket.on(
        "number",
        test.guard(function (number) {
          got.push(number);
          if (number % (2 * HALF) === HALF + 1) sendRest();
          if (number % (2 * HALF) !== 0) return;
          round += 1;
          if (round < OUTAGES_MS.length) begin();
          else check();
        })
      );
      begin();
    });
  });

  feature("credentials", function (test) {
    var transport = test.config.transport;
    // The first visit is given the cookie, the next one shows it.
    visit(true, function (first, refusal) {
      if (refusal) {
        if (!test.config.hasCors) test.words("no requests to other origins");
        else test.fail(refusal);
        return;
      }
      visit(true, function (cookie) {
        test.equal("the cookie", cookie, "visitor=" + test.config.visitor);
        // WebSockets and scripts carry cookies in any case.
        if (transport === "websocket" || transport === "jsonp") test.ok();
        else
          visit(false, function (none) {
            test.equal("the cookie without credentials", none, "");
            test.ok();
          });
      });
    });

    function visit(withCredentials, callback) {
      // An upgrade would bring the cookie by its WebSocket; what the first request had is asked for.
      var socket = test.socket(test.config.foreign + "/", { withCredentials: withCredentials });
      socket.once(
        "connect_error",
        test.guard(function (error) {
          socket.disconnect();
          callback("", error);
        })
      );
      socket.once("connect", function () {
        test.settle(socket, function () {
          socket.emit(
            "cookie",
            test.guard(function (cookie) {
              socket.disconnect();
              callback(cookie);
            })
          );
        });
      });
    }
  });

  feature(
    "https",
    function (test) {
      test.open("", {}, function (socket) {
        socket.emit(
          "secure",
          test.guard(function (isSecure) {
            test.equal("secure", isSecure, true);
            test.ok();
          })
        );
      });
    },
    "secure"
  );

  /** Stays connected until the page is left: the bed sees to it, and watches. */
  function stay(io, config, leave) {
    var transports = { upgrade: ["polling", "websocket"] }[config.transport] || [config.transport];
    var socket = io(config.origin + "/staying", { forceNew: true, transports: transports });
    function settled() {
      socket.emit("settled");
    }
    socket.on("leave", leave);
    socket.on("connect", function () {
      var engine = socket.io.engine;
      if (config.transport === "upgrade" && engine.transport.name !== "websocket") engine.once("upgrade", settled);
      else settled();
    });
  }

  /** Runs the features of a page, and then calls `done`; or stays until it is told to `leave`, where it can. */
  bench.start = function (io, config, leave, done) {
    bench.run(io, config, function () {
      if (config.page === "main" && leave) stay(io, config, leave);
      if (done) done();
    });
  };
})(typeof self !== "undefined" ? self : window);
