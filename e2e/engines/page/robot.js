// A person in the chat example, for engines of any age: joins under the name in the address, greets, waits until the answer that is meant
// for him stands in the log, and says what he read. ES5.
(function () {
  var EVERY_MS = 50;
  var name = decodeURIComponent(location.search.split("name=")[1]);
  var steps = [join, greet, tellWhatIRead];
  var timer = setInterval(function () {
    if (steps[0]()) steps.shift();
    if (steps.length === 0) clearInterval(timer);
  }, EVERY_MS);

  function byId(id) {
    return document.getElementById(id);
  }

  function textOf(element) {
    return element.textContent || element.innerText || "";
  }

  function press(form) {
    var buttons = form.getElementsByTagName("button");
    buttons[buttons.length - 1].click();
    return true;
  }

  function join() {
    // The page says something there once its script runs.
    if (!textOf(byId("wire-text"))) return false;
    byId("nickname").value = name;
    return press(byId("join"));
  }

  function say(text) {
    byId("text").value = text;
    return press(byId("composer"));
  }

  function greet() {
    return !byId("chat").hasAttribute("hidden") && say("Hello from " + name);
  }

  function tellWhatIRead() {
    var found = /Welcome, .*? No\. \d+/.exec(textOf(byId("messages")));
    return found !== null && say("I read: " + found[0]);
  }
})();
