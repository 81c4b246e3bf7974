// Names of members that layers of the client use among themselves and no user, option, event, wire or DOM object has: the minified
// bundles shorten them, as they do private ones. A name with a public namesake anywhere can't stand here.
export const INTERNAL_NAMES = [
  // What a layer calls on the one above.
  ...["onOpen", "onPacket", "onData", "onDrain", "onError", "onClose", "onMessage", "onPing", "onLoad"],
  ...["onProbed", "onSwap", "onWin", "onHandshake", "tried", "onFailed", "onSetting", "handler"],
  // Emitter.
  ...["emitReserved", "emitIncoming", "tellOutgoing", "listener"],
  // Timers.
  ...["setTimeoutFn", "clearTimeoutFn", "timers"],
  // Session and transports.
  ...["moveTo", "isSwapping", "isOverdue", "isStale", "batches", "setBinaryType", "inFlight", "drained", "restart"],
  ...["readError", "writeError", "malformed", "packets", "cookies", "userInfo", "anchor", "start", "cancel", "drop"],
  // Resume.
  ...["isVolatile", "isBinary", "isSent", "skipped", "unsent", "plan", "delivery", "take", "replay", "mark", "list"],
  ...["acknowledge", "acknowledged", "isOwing", "hasOverflowed", "isDue", "skip", "sent", "available", "make"],
  ...["onHeard", "onTraffic", "probe", "stop", "begin", "hurry", "detach", "startUpgrade", "cancelUpgrade"],
  ...["onAsk", "onDue", "onDead", "onTry", "onResumed", "onLost", "onAnswer", "onUnknown", "onExpired", "onSuspend"],
  ...["onResume", "onMade", "canUpgrade", "onUpgradeError", "onUpgradeFailed", "onSend", "reset", "bytes"],
  ...["onOffline", "onLeave", "onHide", "onWake", "isOverdue", "leave"],
  // Manager and Socket.
  ...["isOpen", "canSend", "attached", "attach", "abandon", "want", "release", "measure", "attempts", "settings"],
  ...["flags", "args", "callback", "timer", "json", "take", "give", "drain"],
  ...["drawId", "takesError", "timeoutMs", "tries", "server", "namespace", "expected"],
];
