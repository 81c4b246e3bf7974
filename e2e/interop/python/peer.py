"""What client.py and server.py share: the line-JSON protocol with the test.

The test writes one JSON object a line to stdin: {"id": 1, "do": "emit", ...}. The program answers on stdout with {"id": 1, "ok": ...} or
{"id": 1, "error": "..."} and reports what happens by itself as {"report": {...}}. Bytes travel as {"$bytes": base64}. The program ends when
stdin does.
"""
import asyncio
import base64
import json
import sys

MAX_LINE_BYTES = 64 * 1024 * 1024


def need(module, package):
    """Imports a module or reports which Debian package has it, and ends."""
    try:
        return __import__(module)
    except ImportError as error:
        write({"fatal": "%s; install the Debian package %s" % (error, package)})
        sys.exit(1)


def write(message):
    sys.stdout.write(json.dumps(to_wire(message)) + "\n")
    sys.stdout.flush()


def to_wire(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, dict):
        return {key: to_wire(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(entry) for entry in value]
    return value


def from_wire(value):
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {key: from_wire(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [from_wire(entry) for entry in value]
    return value


def as_data(args):
    """Arguments as python-socketio takes them: none is None, several are a tuple."""
    return tuple(args) if args else None


def as_list(answer):
    """An answer as python-socketio gives it (None, one value, or a tuple of several) as a list."""
    if answer is None:
        return []
    return list(answer) if isinstance(answer, tuple) else [answer]


async def serve_commands(handle):
    """Reads commands until stdin ends; each runs as a task of its own, so that a waiting call blocks nobody."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()

    async def run(command):
        try:
            write({"id": command["id"], "ok": await handle(command)})
        except Exception as error:
            write({"id": command["id"], "error": "%s: %s" % (type(error).__name__, error)})

    while True:
        line = await reader.readline()
        if not line:
            return
        task = asyncio.create_task(run(from_wire(json.loads(line))))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
