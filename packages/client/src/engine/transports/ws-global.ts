// The WebSocket of the environment: browsers, workers, React Native, newer versions of Node.
import type { WebSocketPort } from "../ports.js";

/** React Native's constructor takes headers as a third argument; browsers would refuse it. */
type WebSocketWithHeaders = new (
  uri: string,
  protocols: string | string[] | undefined,
  options: { headers?: Record<string, string> },
) => WebSocket;

export const globalWebSocketPort: WebSocketPort<WebSocket> = {
  create(uri, { protocols, extraHeaders, binaryType }) {
    const isReactNative = typeof navigator === "object" && navigator.product === "ReactNative";
    const socket =
      isReactNative && extraHeaders
        ? new (WebSocket as unknown as WebSocketWithHeaders)(uri, protocols, { headers: extraHeaders })
        : // Old engines take `undefined` or an empty list for a protocol of that name.
          protocols?.length
          ? new WebSocket(uri, protocols)
          : new WebSocket(uri);
    socket.binaryType = binaryType === "blob" ? binaryType : "arraybuffer";
    return socket;
  },
  send(socket, frame) {
    socket.send(frame as string);
  },
};
