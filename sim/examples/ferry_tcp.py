#!/usr/bin/env python3
"""Ferry (ferry.py) as a program of its own: standard input and output are carried over TCP, whatever dies under it.

usage: ferry_tcp.py (serve | dial) HOST PORT [--hurry] [--buggy]

One session, then it exits: 0 if both streams are complete. --hurry: its waits are ten times as short.
"""

import os
import selectors
import socket
import sys
import time

import ferry



class Program:
    """Carries out the wishes of one end."""

    def __init__(self, end, address):
        self.end = end
        self.address = address
        self.selector = selectors.PollSelector()  # Whose input may be a file.
        self.sockets = {}  # By transport.
        self.unsent = {}  # By transport, and under OUTPUT what the reader of our output has not taken.
        self.transports = 0
        self.dial_at = None
        self.dialing = None
        self.input = b""  # Read, and not taken by the end yet.
        self.input_ended = False
        self.done_at = None  # The session has ended. A server lingers, for a client that may not have heard of it.
        os.set_blocking(0, False)
        self.reads_input = False
        if isinstance(end, ferry.Client):
            self.listener = None
        else:
            self.listener = socket.create_server(address)
            self.listener.setblocking(False)
            self.selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def run(self):
        while True:
            self.obey()
            self.want_input()
            if self.done_at is not None and now() >= self.done_at:
                return
            times = [t for t in (self.end.deadline, self.dial_at, self.done_at) if t is not None]
            wait = max(0.0, (min(times) - now()) / 1e9) if times else None
            for key, _ in self.selector.select(wait):
                if key.fileobj in self.selector.get_map():  # What came before it may have been its end.
                    key.data()
                    self.obey()
            if self.dial_at is not None and now() >= self.dial_at:
                self.dial_at = None
                self.dial()
            if self.end.deadline is not None and now() >= self.end.deadline:
                self.end.timer(now())

    # --- What the end wishes ---

    def obey(self):
        while self.end.outputs:
            wish = self.end.outputs.pop(0)
            what = wish["wish"]
            if what == "dial":
                self.abandon()
                self.dial_at = now() + wish["after"]
            elif what == "write":
                self.write(wish["transport"], bytes.fromhex(wish["bytes"]))
            elif what == "close":
                self.close(wish["transport"], False)
            elif what == "deliver":
                out = bytes.fromhex(wish["bytes"])
                while out:
                    out = out[os.write(1, out):]
            elif what == "peer_finished":
                os.close(1)
            elif what == "ended":
                self.done_at = now() + (self.linger() if self.listener is not None else 0)

    def write(self, transport, data):
        if transport not in self.sockets:
            return
        self.unsent[transport] += data
        self.flush(transport)

    def flush(self, transport):
        connection = self.sockets[transport]
        try:
            sent = connection.send(self.unsent[transport])
        except BlockingIOError:
            sent = 0
        except OSError:
            return self.close(transport, True)
        self.unsent[transport] = self.unsent[transport][sent:]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.unsent[transport] else 0)
        self.selector.modify(connection, events, lambda: self.ready(transport))

    def close(self, transport, tell):
        connection = self.sockets.pop(transport, None)
        if connection is None:
            return
        self.selector.unregister(connection)
        connection.close()
        del self.unsent[transport]
        if tell:
            self.end.closed(now(), transport)

    # --- What happens ---

    def accept(self):
        connection, _ = self.listener.accept()
        self.opened(connection)
        if self.done_at is not None:
            self.done_at = now() + self.linger()

    def opened(self, connection):
        connection.setblocking(False)
        self.transports += 1
        transport = self.transports
        self.sockets[transport] = connection
        self.unsent[transport] = b""
        self.selector.register(connection, selectors.EVENT_READ, lambda: self.ready(transport))
        self.end.opened(now(), transport)

    def ready(self, transport):
        connection = self.sockets.get(transport)
        if connection is None:
            return
        if self.unsent[transport]:
            self.flush(transport)
        if transport not in self.sockets:
            return
        try:
            data = connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.end.received(now(), transport, data)
        else:
            self.close(transport, True)

    def linger(self):
        """A client may take twice its patience to see that a transport is silent, and then dials again."""
        return 4 * ferry.PATIENCE

    def dial(self):
        self.dialing = socket.socket()
        self.dialing.setblocking(False)
        self.dialing.connect_ex(self.address)
        self.selector.register(self.dialing, selectors.EVENT_WRITE, self.dialed)

    def dialed(self):
        connection, self.dialing = self.dialing, None
        self.selector.unregister(connection)
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            return self.opened(connection)
        connection.close()
        self.end.dial_failed(now())

    def abandon(self):
        if self.dialing is not None:
            self.selector.unregister(self.dialing)
            self.dialing.close()
            self.dialing = None

    def want_input(self):
        """Reads what there is as long as the end takes it."""
        if self.input:
            self.input = self.input[self.end.send(now(), self.input):]
        wants = not self.input and not self.input_ended
        if wants != self.reads_input:
            if wants:
                self.selector.register(0, selectors.EVENT_READ, self.read_input)
            else:
                self.selector.unregister(0)
            self.reads_input = wants
        self.obey()

    def read_input(self):
        try:
            self.input = os.read(0, 65536)
        except BlockingIOError:
            return
        if not self.input:
            self.input_ended = True
            self.end.finish(now())


began = time.monotonic_ns()


def now():
    """As in a world: it begins at 0."""
    return time.monotonic_ns() - began


def main(arguments):
    role, host, port = arguments[:3]
    if "--hurry" in arguments:
        ferry.DIAL_AGAIN //= 10
        ferry.PATIENCE //= 10
    ferry.buggy = "--buggy" in arguments
    Program({"serve": ferry.Ferry, "dial": ferry.Client}[role](0), (host, int(port))).run()


if __name__ == "__main__":
    main(sys.argv[1:])
