// Which chat this browser gets: the page of today (chat.js, chat.css), or the plain one (plain.js, plain.css) for browsers of before
// 2021, with Everwire's legacy bundle. ES5: every browser reads this file.
(function () {
  var isToday =
    "noModule" in document.createElement("script") &&
    typeof [].at === "function" &&
    typeof Intl === "object" &&
    "Segmenter" in Intl;

  // The policy of the page (server.js) lets no plain text become the address of a script, where the browser knows of such policies.
  var policy = { createScriptURL: String };
  if (typeof trustedTypes === "object") policy = trustedTypes.createPolicy("start", policy);

  function load(address, done) {
    var script = document.createElement("script");
    if (isToday) script.type = "module";
    script.onload = done;
    script.src = policy.createScriptURL(address);
    document.body.appendChild(script);
  }

  if (!isToday) document.getElementById("style").href = "plain.css";
  document.addEventListener(
    "DOMContentLoaded",
    function () {
      if (isToday) load("chat.js");
      else
        load("/socket.io/everwire.legacy.min.js", function () {
          load("plain.js");
        });
    },
    false
  );
})();
