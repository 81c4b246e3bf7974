/* global io -- of the legacy bundle */
// The page for browsers of before 2021: the same chat with less around it. It shows pictures where the browser can, and sends none; a
// reload asks for the name again. ES5 and the DOM of 2010; start.js loads it after the legacy bundle, which makes the global `io`.
(function () {
  var ROOMS = {
    lounge: { title: "Lounge", topic: "Small talk, pictures, the weather" },
    workshop: { title: "Workshop", topic: "What we are building, and what broke" }
  };
  var NAMES = { polling: "long-polling", websocket: "WebSocket" };
  var STATES = {
    waiting: "Waiting for the connection",
    sending: "Sending",
    delivered: "Delivered",
    failed: "Not sent"
  };
  var TYPING_EVERY_MS = 2000;
  var TYPING_LASTS_MS = 4000;
  var ENTER = 13;

  var me = null;
  var people = {};
  var typing = {}; // author → { nickname, timer }
  var shown = {}; // id → true: what stands in the log
  var drafts = []; // own messages that the server has not confirmed
  var typedAt = 0;

  var socket = io({
    autoConnect: false,
    auth: function (answer) {
      answer({ key: me.key, nickname: me.nickname, room: me.room });
    },
    retries: 8,
    ackTimeout: 15000,
    reconnectionDelay: 400,
    reconnectionDelayMax: 3000
  });

  // ---- the document ----

  function byId(id) {
    return document.getElementById(id);
  }

  function make(tag, className, text) {
    var element = document.createElement(tag);
    element.className = className;
    if (text !== undefined) element.appendChild(document.createTextNode(text));
    return element;
  }

  function say(element, text) {
    while (element.firstChild) element.removeChild(element.firstChild);
    element.appendChild(document.createTextNode(text));
  }

  function show(element, isShown) {
    if (isShown) element.removeAttribute("hidden");
    else element.setAttribute("hidden", "");
  }

  function listen(element, event, listener) {
    element.addEventListener(event, listener, false);
  }

  function each(list, visit) {
    for (var i = 0; i < list.length; i++) visit(list[i]);
  }

  /** The best chance that the browser has: a key tells one person from another, and is sent to the server alone. */
  function randomId() {
    var id = "";
    var bytes = typeof crypto === "object" && crypto.getRandomValues && crypto.getRandomValues(new Uint8Array(12));
    for (var i = 0; i < 12; i++)
      id += ((bytes ? bytes[i] : Math.floor(Math.random() * 256)) + 256).toString(16).slice(1);
    return id;
  }

  // ---- in and out ----

  function refuse(why) {
    socket.disconnect();
    show(byId("chat"), false);
    show(byId("door"), true);
    say(byId("join-error"), why);
    byId("nickname").focus();
  }

  listen(byId("join"), "submit", function (event) {
    var nickname = byId("nickname").value.replace(/^\s+|\s+$/g, "");
    var room = "lounge";
    event.preventDefault();
    if (nickname === "") return refuse("Please say what you are called.");
    each(document.getElementsByName("room"), function (choice) {
      if (choice.checked) room = choice.value;
    });
    say(byId("join-error"), "");
    me = { key: randomId(), nickname: nickname, room: room };
    socket.connect();
  });

  listen(byId("leave"), "click", function () {
    socket.disconnect();
    location.reload();
  });

  // ---- the line ----

  function isOnline() {
    return socket.connected && socket.io.engine.readyState === "open";
  }

  function showLine(state, sentence) {
    byId("wire").className = "wire " + state;
    say(byId("wire-text"), sentence);
  }

  function showTransport() {
    var name = socket.io.engine.transport.name;
    showLine(name, "Connected over " + (NAMES[name] || name) + ".");
  }

  function lose() {
    showLine("lost", "Connection lost. What you write waits here.");
    each(drafts, function (draft) {
      if (draft.state === "sending") settle(draft, "waiting");
    });
  }

  function goOn() {
    showTransport();
    each(drafts, function (draft) {
      if (draft.state === "waiting") settle(draft, "sending");
    });
  }

  socket.io.on("open", function () {
    socket.io.engine.on("upgrade", showTransport);
  });
  socket.io.on("suspend", lose);
  socket.io.on("resume", goOn);
  socket.on("connect", function () {
    goOn();
    if (socket.recovered) loadRoom();
  });
  socket.on("disconnect", function (reason) {
    if (reason !== "io client disconnect") lose();
  });
  socket.on("connect_error", function (error) {
    if (!socket.active) refuse(error.message);
    else say(byId("join-error"), "The server does not answer. Trying again.");
  });

  // ---- rooms and people ----

  function loadRoom() {
    var room = me.room;
    socket.emit("room", room, function (error, answer) {
      if (!error && answer.ok && room === me.room) fill(answer.history);
    });
  }

  function showPeople() {
    var here = people[me.room] || {};
    var author;
    each(byId("rooms").getElementsByTagName("button"), function (button) {
      var room = button.getAttribute("data-room");
      button.className = room === me.room ? "current" : "";
      say(button.getElementsByTagName("span")[1], String(count(people[room] || {})));
    });
    say(byId("people"), "");
    for (author in here)
      byId("people").appendChild(make("li", "", here[author] + (author === me.author ? " (you)" : "")));
    for (author in typing) if (!here[author]) showTyping({ author: author });
  }

  function count(people) {
    var total = 0;
    for (var author in people) if (people[author]) total += 1;
    return total;
  }

  /** Somebody goes on or stopped; it fades by itself, for the word that he stopped may get lost. */
  function showTyping(person) {
    var names = [];
    if (typing[person.author]) clearTimeout(typing[person.author].timer);
    delete typing[person.author];
    if (person.typing)
      typing[person.author] = {
        nickname: person.nickname,
        timer: setTimeout(function () {
          showTyping({ author: person.author });
        }, TYPING_LASTS_MS)
      };
    for (var author in typing) names.push(typing[author].nickname);
    say(byId("typing"), names.length === 0 ? "" : names.join(", ") + (names.length === 1 ? " is" : " are") + " typing");
  }

  function showRoom() {
    say(byId("room-title"), ROOMS[me.room].title);
    say(byId("topic"), ROOMS[me.room].topic);
    byId("text").setAttribute("placeholder", "Message the " + ROOMS[me.room].title);
    showPeople();
    fill([]);
  }

  each(byId("rooms").getElementsByTagName("button"), function (button) {
    listen(button, "click", function () {
      var room = button.getAttribute("data-room");
      if (room === me.room) return;
      me.room = room;
      showRoom();
      if (socket.connected) loadRoom(); // else `auth` brings us there
    });
  });

  socket.on("welcome", function (welcome) {
    me.author = welcome.author;
    me.nickname = welcome.nickname;
    me.room = welcome.room;
    show(byId("door"), false);
    show(byId("chat"), true);
    showRoom();
    fill(welcome.history);
    byId("text").focus();
  });
  socket.on("people", function (byRoom) {
    people = byRoom;
    if (me.author) showPeople();
  });
  socket.on("typing", function (person) {
    if (person.room === me.room) showTyping(person);
  });
  socket.on("message", function (message) {
    showTyping({ author: message.author });
    if (message.room === me.room) append(message);
  });

  // ---- messages ----

  /** The log of the room of now: what the server remembers, then the own drafts that wait. */
  function fill(history) {
    shown = {};
    say(byId("messages"), "");
    each(history, append);
    each(drafts, function (draft) {
      if (draft.room === me.room) append(draft);
    });
  }

  function append(message) {
    var item;
    var head;
    var at;
    if (shown[message.id]) return;
    shown[message.id] = true;
    at = new Date(message.at);
    item = make("li", message.author === me.author ? "own" : "");
    head = make("p", "head");
    head.appendChild(make("b", "", message.nickname));
    head.appendChild(make("span", "time", " " + at.getHours() + ":" + ("0" + at.getMinutes()).slice(-2)));
    item.appendChild(head);
    item.appendChild(message.image ? makePicture(message) : make("p", "bubble", message.text));
    if (message.state) {
      message.mark = make("p", "state", "");
      item.appendChild(message.mark);
      showState(message);
    }
    byId("messages").appendChild(item);
    byId("log").scrollTop = byId("log").scrollHeight;
  }

  function makePicture(message) {
    var place = make("p", "bubble", "A picture is on its way.");
    function put(bytes) {
      try {
        var image = make("img", "");
        image.src = URL.createObjectURL(new Blob([bytes], { type: message.image.type }));
        image.alt = "Picture from " + message.nickname;
        say(place, "");
        place.appendChild(image);
      } catch (error) {
        say(place, "A picture, which this browser is too old to show.");
      }
    }
    if (message.bytes) put(message.bytes);
    else
      socket.emit("image", { room: message.room, id: message.id }, function (error, answer) {
        if (!error && answer.bytes) put(answer.bytes);
        else say(place, "This picture is gone.");
      });
    return place;
  }

  function showState(draft) {
    draft.mark.className = "state " + draft.state;
    say(draft.mark, STATES[draft.state] + (draft.error ? ": " + draft.error : ""));
  }

  function settle(draft, state, error) {
    draft.state = state;
    draft.error = error;
    showState(draft);
  }

  function send() {
    var text = byId("text").value.replace(/^\s+|\s+$/g, "");
    var draft = { id: randomId(), room: me.room, author: me.author, nickname: me.nickname, text: text };
    if (text === "") return;
    draft.at = new Date().getTime();
    draft.state = isOnline() ? "sending" : "waiting";
    drafts.push(draft);
    append(draft);
    socket.emit("message", { id: draft.id, room: draft.room, text: text }, function (error, answer) {
      drafts.splice(drafts.indexOf(draft), 1);
      if (error) settle(draft, "failed", "the server did not confirm it.");
      else settle(draft, answer.ok ? "delivered" : "failed", answer.error);
    });
    byId("text").value = "";
    typedAt = 0;
    socket.volatile.emit("typing", false);
  }

  listen(byId("composer"), "submit", function (event) {
    event.preventDefault();
    send();
    byId("text").focus();
  });
  listen(byId("text"), "keydown", function (event) {
    if (event.keyCode !== ENTER || event.shiftKey) return;
    event.preventDefault();
    send();
  });
  listen(byId("text"), "keyup", function () {
    var now = new Date().getTime();
    if (byId("text").value === "" || now - typedAt < TYPING_EVERY_MS) return;
    typedAt = now;
    socket.volatile.emit("typing", true);
  });

  // In the place of icons, which not every browser draws.
  say(byId("composer").getElementsByTagName("button")[1], "Send");
  showLine("connecting", "Connecting.");
  byId("nickname").focus();
})();
