"""A second client for session resume, from the standard library alone, written from docs/PROTOCOL.md ("Session resume").

Usage: resume_client.py PORT BREAKS. It joins the main namespace, says numbers ("say", n), breaks its own connection BREAKS times in the
middle of things, comes back over WebSocket and long-polling in turn, and at the end prints as JSON what it heard. It keeps what it
sent until the server has counted it, as the page says.
"""
import base64
import http.client
import json
import os
import socket
import struct
import sys

PATH = "/socket.io/?EIO=4&ew=1"


class WebSocket:
    """Just enough of RFC 6455: text frames of a client, and what a server sends."""

    def __init__(self, port, query):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall(
            (
                "GET %s&transport=websocket%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % (PATH, query, key)
            ).encode()
        )
        self.file = self.sock.makefile("rb")
        status = self.file.readline()
        if b"101" not in status:
            raise ConnectionError(status)
        while self.file.readline() != b"\r\n":
            pass

    def send(self, packets):
        for packet in packets:
            data = packet.encode()
            mask = os.urandom(4)
            size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data))
            self.sock.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        head = self.file.read(2)
        size = head[1] & 127
        if size == 126:
            size = struct.unpack(">H", self.file.read(2))[0]
        data = self.file.read(size)
        if head[0] & 15 != 1:
            raise ConnectionError("closed: %r" % data)
        return [data.decode()]

    def cut(self):
        # No close frame, no FIN: a reset.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.file.close()
        self.sock.close()


class Polling:
    def __init__(self, port, query, client):
        self.port, self.client, self.leg = port, client, client.leg
        self.waiting = self.request("GET", query).split("\x1e")

    def request(self, method, query, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, "%s&transport=polling%s" % (PATH, query), body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise ConnectionError("%d %s" % (answer.status, text))
        return text

    def query(self, more=""):
        return "&sid=%s&leg=%d&ack=%d%s" % (self.client.sid, self.leg, self.client.received, more)

    def send(self, packets):
        # Sent twice: the server has to pass over what it has already.
        before = self.client.sent_before(packets)
        for _ in range(2):
            self.request("POST", self.query("&n=%d" % before), "\x1e".join(packets))
        self.client.acknowledge(before + sum(packet[0] == "4" for packet in packets))

    def receive(self):
        packets, self.waiting = self.waiting, []
        return packets or self.request("GET", self.query()).split("\x1e")

    def cut(self):
        pass


class Client:
    def __init__(self, port):
        self.port = port
        self.leg = self.received = self.acknowledged = 0
        self.window = []
        self.heard = []
        self.transport = WebSocket(port, "")
        self.on_open(self.next_packet())

    @property
    def sent(self):
        return self.acknowledged + len(self.window)

    def sent_before(self, packets):
        first = next((packet for packet in packets if packet[0] == "4"), None)
        return self.sent if first is None else self.acknowledged + self.window.index(first)

    def acknowledge(self, count):
        if count > self.acknowledged:
            del self.window[: count - self.acknowledged]
            self.acknowledged = count

    def on_open(self, packet):
        handshake = json.loads(packet[1:])
        self.sid = handshake["sid"]
        return handshake["resume"].get("received", 0)

    def next_packet(self):
        if not getattr(self, "inbox", None):
            self.inbox = self.transport.receive()
        return self.inbox.pop(0)

    def say(self, *texts):
        packets = ["4" + text for text in texts]
        self.window += packets
        self.transport.send(packets)

    def hear(self):
        """Takes packets until a message has come."""
        while True:
            packet = self.next_packet()
            kind, data = packet[0], packet[1:]
            if kind == "4":
                self.received += 1
                self.heard.append(data)
                return
            if kind in "23":
                self.acknowledge(int(data))
            if kind == "6" and data.startswith("+"):
                self.received += int(data[1:])
            elif kind == "6" and data:
                self.acknowledge(int(data))
            if kind == "2":
                self.transport.send(["3%d" % self.received])

    def come_back(self, transport):
        self.transport.cut()
        self.inbox = []
        self.leg += 1
        query = "&sid=%s&resume=%d&leg=%d" % (self.sid, self.received, self.leg)
        self.transport = WebSocket(self.port, query) if transport == "websocket" else Polling(self.port, query, self)
        self.acknowledge(self.on_open(self.next_packet()))
        if self.window:
            self.transport.send(list(self.window))


def main():
    port, breaks = int(sys.argv[1]), int(sys.argv[2])
    client = Client(port)
    client.say("0")
    client.hear()
    number = 0
    for turn in range(breaks):
        for _ in range(3):
            number += 1
            client.say('2["say",%d]' % number)
        # Some answers are still on their way, and some of what was said may be.
        client.hear()
        client.come_back("polling" if turn % 2 == 0 else "websocket")
    while json.loads(client.heard[-1][1:])[1:] != [number]:
        client.hear()
    client.transport.send(["1"])
    print(json.dumps([json.loads(text[1:])[1] for text in client.heard if text[0] == "2"]))


main()
