/* global io -- of the bundle; print is the shells' own */
// After the legacy bundle in a shell that has no page, no timers and no network: what can be made there without them.
(function () {
  function must(holds, what) {
    if (!holds) throw new Error(what);
  }
  must(typeof io === "function", "there is no global io");
  var manager = new io.Manager("http://127.0.0.1:1", { autoConnect: false });
  var socket = manager.socket("/shell");
  var heard = [];
  socket.on("event", function (value) {
    heard.push(value);
  });
  must(socket.listeners("event").length === 1, "a listener is not kept");
  must(socket.connected === false && socket.active === false, "it connects by itself");
  socket.off("event");
  must(socket.listeners("event").length === 0, "a listener stays");
  must(heard.length === 0, "something was heard");
  print("the bundle is whole");
})();
