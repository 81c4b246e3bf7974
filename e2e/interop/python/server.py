"""The interop application on a python3-socketio server (tornado): the twin of support/js-server.ts, which describes the events.

Usage: server.py PORT MAX_MESSAGE_BYTES (port 0: any). The ready line names the port.
"""
import asyncio
import logging
import sys
from urllib.parse import parse_qs

import peer

socketio = peer.need("socketio", "python3-socketio")
peer.need("tornado", "python3-tornado")
import tornado.httpserver  # noqa: E402
import tornado.netutil  # noqa: E402
import tornado.web  # noqa: E402

FOREVER_S = 3600


def main_server(max_message_bytes):
    sio = socketio.AsyncServer(async_mode="tornado", max_http_buffer_size=max_message_bytes, ping_interval=25, ping_timeout=20)
    for namespace in ("/", "/other", "/guarded"):
        add_namespace(sio, namespace)
    return sio


def add_namespace(sio, namespace):
    handshakes = {}
    collected = {}

    def report(kind, sid):
        peer.write({"report": {"kind": kind, "namespace": namespace, "id": sid}})

    def on(event):
        return sio.on(event, namespace=namespace)

    @on("connect")
    async def connect(sid, environ, auth):
        if namespace == "/guarded" and (auth or {}).get("token") != "secret":
            raise socketio.exceptions.ConnectionRefusedError("not for you", {"code": 42, "reasons": ["token", "🔒"]})
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        handshakes[sid] = {
            "auth": auth or {},
            "query": {key: query[key][0] for key in ("token", "text") if key in query},
            "header": environ.get("HTTP_X_INTEROP"),
        }
        collected[sid] = []
        report("connect", sid)

    @on("disconnect")
    async def disconnect(sid):
        if handshakes.pop(sid, None) is not None:
            report("disconnect", sid)

    @on("echo")
    async def echo(sid, *args):
        await sio.emit("echo", peer.as_data(args), to=sid, namespace=namespace)

    @on("mirror")
    async def mirror(sid, *args):
        return tuple(args)

    @on("silent")
    async def silent(sid, *args):
        await asyncio.sleep(FOREVER_S)

    @on("ask")
    async def ask(sid, timeout_ms, event, *args):
        try:
            answer = await sio.call(event, peer.as_data(args), to=sid, namespace=namespace, timeout=timeout_ms / 1000)
        except socketio.exceptions.TimeoutError:
            return "timed out"
        return ("answered", *peer.as_list(answer))

    @on("handshake")
    async def handshake(sid):
        return handshakes[sid]

    @on("transport")
    async def transport(sid):
        return sio.eio.transport(sio.manager.eio_sid_from_sid(sid, namespace))  # sio.transport(sid) looks the wrong id up

    @on("join")
    async def join(sid, room):
        sio.enter_room(sid, room, namespace=namespace)
        return "joined"

    @on("leave")
    async def leave(sid, room):
        sio.leave_room(sid, room, namespace=namespace)
        return "left"

    @on("say")
    async def say(sid, target, event, *args):
        skip_sid = sid if target.get("skip") else None
        await sio.emit(event, peer.as_data(args), to=target.get("room"), skip_sid=skip_sid, namespace=namespace)

    @on("collect")
    async def collect(sid, value):
        collected[sid].append(value)

    @on("collected")
    async def collected_values(sid):
        values, collected[sid] = collected[sid], []
        return (values,)

    @on("burst")
    async def burst(sid, event, start, count, binary):
        for index in range(start, start + count):
            data = (index, str(index).encode()) if binary else (index,)
            await sio.emit(event, data, to=sid, namespace=namespace)
        return count

    @on("kick")
    async def kick(sid, close):
        await sio.disconnect(sid, namespace=namespace)


async def refuse_command(command):
    raise ValueError("unknown command " + command["do"])


async def main():
    logging.disable(logging.CRITICAL)
    port, max_message_bytes = int(sys.argv[1]), int(sys.argv[2])
    sio = main_server(max_message_bytes)
    application = tornado.web.Application([("/socket.io/", socketio.get_tornado_handler(sio))])
    sockets = tornado.netutil.bind_sockets(port, "127.0.0.1")
    http_server = tornado.httpserver.HTTPServer(application, max_body_size=max_message_bytes, max_buffer_size=max_message_bytes)
    http_server.add_sockets(sockets)
    peer.write({"ready": {"port": sockets[0].getsockname()[1]}})
    await peer.serve_commands(refuse_command)


asyncio.run(main())
