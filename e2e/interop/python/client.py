"""A python3-socketio client (asyncio) under the test's command: any number of links, each with one or more namespaces.

Commands: open, emit, call, transport, close. Reports: connect, refused, disconnect, event. It acks "question" with the arguments that came,
and leaves "unanswered" unanswered.
"""
import asyncio
import logging

import peer

socketio = peer.need("socketio", "python3-socketio")
peer.need("aiohttp", "python3-aiohttp")

FOREVER_S = 3600
links = {}


def add_namespace(client, link, namespace):
    def report(kind, **more):
        peer.write({"report": {"link": link, "namespace": namespace, "kind": kind, **more}})

    async def on_connect():
        report("connect", id=client.get_sid(namespace))

    async def on_connect_error(data=None):
        report("refused", data=data)

    async def on_disconnect():
        report("disconnect")

    async def on_question(*args):
        return tuple(args)

    async def on_unanswered(*args):
        await asyncio.sleep(FOREVER_S)

    async def on_any(event, *args):
        report("event", event=event, args=list(args))

    client.on("connect", on_connect, namespace=namespace)
    client.on("connect_error", on_connect_error, namespace=namespace)
    client.on("disconnect", on_disconnect, namespace=namespace)
    client.on("question", on_question, namespace=namespace)
    client.on("unanswered", on_unanswered, namespace=namespace)
    client.on("*", on_any, namespace=namespace)


async def open_link(command):
    client = socketio.AsyncClient(
        reconnection=command["reconnection"], reconnection_delay=0.05, reconnection_delay_max=0.2, handle_sigint=False
    )
    for namespace in command["namespaces"]:
        add_namespace(client, command["link"], namespace)
    links[command["link"]] = client
    await client.connect(
        command["url"],
        headers=command["headers"],
        auth=command["auth"],
        transports=command["transports"],
        namespaces=command["namespaces"],
        wait=False,
    )


async def handle(command):
    do = command["do"]
    if do == "open":
        return await open_link(command)
    client = links[command["link"]]
    if do == "emit":
        return await client.emit(command["event"], peer.as_data(command["args"]), namespace=command["namespace"])
    if do == "call":
        answer = await client.call(
            command["event"], peer.as_data(command["args"]), namespace=command["namespace"], timeout=command["timeoutMs"] / 1000
        )
        return peer.as_list(answer)
    if do == "transport":
        return client.transport()
    if do == "close":
        del links[command["link"]]
        return await client.disconnect()
    raise ValueError("unknown command " + do)


async def main():
    logging.disable(logging.CRITICAL)
    peer.write({"ready": {}})
    await peer.serve_commands(handle)


asyncio.run(main())
