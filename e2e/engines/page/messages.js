// What a message carries: JSON, text of all kinds, bytes, acknowledgements, a megabyte. ES5; the second file of /features.js.
(function (scope) {
  var feature = scope.bench.feature;
  /** Bytes that look like text, like none, and like the ends of each. */
  var BYTES = [0, 1, 10, 13, 30, 127, 128, 194, 255];
  var ASTRAL = "\ud835\udcb3"; // a letter beyond the basic plane
  var FAMILY = "\ud83d\udc69\ud83c\udffd\u200d\ud83d\ude80";

  feature("connect", function (test) {
    test.open("", {}, function (socket) {
      var wanted = { upgrade: ["websocket"], jsonp: ["jsonp", "polling"] }[test.config.transport] || [
        test.config.transport
      ];
      var name = socket.io.engine.transport.name;
      if (wanted.join().indexOf(name) < 0) throw new Error("the transport is " + name);
      socket.emit(
        "whoami",
        test.guard(function (id, transport) {
          test.equal("the id", id, socket.id);
          // JSONP is polling on the wire.
          test.equal("the server's transport", transport, test.config.transport === "jsonp" ? "polling" : wanted[0]);
          test.ok();
        })
      );
    });
  });

  function echoes(name, values) {
    feature(name, function (test) {
      test.open("", {}, function (socket) {
        socket.on(
          "echoed",
          test.guard(function (values2) {
            test.equal("what the server sent", values2, values);
            test.ok();
          })
        );
        socket.emit(
          "echo",
          values,
          test.guard(function (back) {
            test.equal("what the server acknowledged", back, values);
          })
        );
      });
    });
  }

  echoes("JSON", [
    null,
    true,
    false,
    0,
    -1.5e-7,
    9007199254740991,
    "",
    'quote " backslash \\ slash / newline \n tab \t',
    [],
    {},
    [[[1], { a: [] }], { "": { b: null } }],
    { _placeholder: "no", num: 0, toString: "own", constructor: 1 }
  ]);

  echoes("unicode", [
    ASTRAL,
    FAMILY,
    "\u20ac \u00e9 \u05d0\u05d1 \u4e2d\u6587",
    "\u2028 \u2029 \u0000 \u001e \u007f \ufeff",
    repeat(ASTRAL + "a" + FAMILY, 2000),
    pair("key " + ASTRAL, "value " + FAMILY)
  ]);

  function pair(key, value) {
    var object = {};
    object[key] = value;
    return object;
  }

  function repeat(text, times) {
    return new Array(times + 1).join(text);
  }

  /** Whether the engine has buffers and views whole: KHTML has halves of them. */
  function hasTypedArrays() {
    try {
      return new Uint8Array(new ArrayBuffer(2)).length === 2 && new Uint8Array([7, 8]).subarray(1)[0] === 8;
    } catch (ignored) {
      return false;
    }
  }

  function bytesOf(buffer) {
    var view = new Uint8Array(buffer);
    var bytes = [];
    for (var i = 0; i < view.length; i++) bytes.push(view[i]);
    return bytes;
  }

  /** Sends `binary`, of which the server should see BYTES, and takes BYTES back in an event and in an acknowledgement. */
  function exchange(test, binary) {
    test.open("", {}, function (socket) {
      var events = 0;
      socket.on(
        "bytes",
        test.guard(function (deep) {
          test.equal("what the server sent", bytesOf(deep.list[1]), BYTES);
          events += 1;
        })
      );
      socket.emit(
        "bytes",
        { list: ["text", binary] },
        test.guard(function (seen, back) {
          test.equal("what the server saw", seen, BYTES);
          test.equal("what the server acknowledged", bytesOf(back), BYTES);
          test.equal("events", events, 1);
          test.ok();
        })
      );
    });
  }

  /** Without typed arrays: bytes come as base64 text that says so. The server's are BYTES. */
  function takesBase64(test) {
    test.open("", {}, function (socket) {
      socket.emit(
        "give bytes",
        test.guard(function (back) {
          test.equal("the bytes", back, { base64: true, data: "AAEKDR5/gML/" });
          test.words("no typed arrays: base64 form");
        })
      );
    });
  }

  feature("ArrayBuffer", function (test) {
    if (hasTypedArrays()) exchange(test, new Uint8Array(BYTES).buffer);
    else takesBase64(test);
  });

  feature("typed array", function (test) {
    if (!hasTypedArrays()) {
      test.words("no typed arrays");
      return;
    }
    exchange(test, new Uint8Array([99].concat(BYTES, [99])).subarray(1, 1 + BYTES.length));
  });

  feature("Blob", function (test) {
    var blob;
    try {
      blob = new Blob([new Uint8Array(BYTES)]);
    } catch (ignored) {
      test.words("no Blob");
      return;
    }
    exchange(test, blob);
  });

  feature("acks", function (test) {
    test.open("", {}, function (socket) {
      socket.on("question", function (number, answer) {
        answer(number + 1, "from the page");
      });
      socket.on("unanswered", function () {});
      socket.timeout(10000).emit(
        "ask me",
        41,
        test.guard(function (error, answer, late) {
          test.equal("the server's answer", [error, answer], [null, [42, "from the page"]]);
          test.equal("what the server says of a missing answer", late, "operation has timed out");
          socket.timeout(50).emit(
            "silence",
            test.guard(function (timedOut) {
              test.equal("what the page is told", timedOut && timedOut.message, "operation has timed out");
              if (typeof Promise === "undefined") test.ok();
              else promised(test, socket);
            })
          );
        })
      );
    });
  });

  function promised(test, socket) {
    socket.emitWithAck("bounce", "promised").then(
      test.guard(function (back) {
        test.equal("the promised answer", back, "promised");
        test.ok();
      }),
      function (error) {
        test.fail(error);
      }
    );
  }

  feature("1 MB", function (test) {
    var text = repeat("0123456789abcde\u00e9", 62500);
    test.open("", {}, function (socket) {
      socket.emit(
        "bounce",
        text,
        test.guard(function (back) {
          test.equal("the length", back.length, 1000000);
          if (back !== text) throw new Error("the text is another");
          test.ok();
        })
      );
    });
  });
})(typeof self !== "undefined" ? self : window);
