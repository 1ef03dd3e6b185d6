#!/usr/bin/env python3
"""Ferry (ferry.h) once more, as a child of Holdfast: byte for byte the protocol of ferry.cc with its bug mended.

usage: ferry.py [--buggy]     with the bug
"""

import sys

import lockstep

REPLAY_BYTES_MAX = 16384
DATA_BYTES_MAX = 1024
HEAD_BYTES = 3
DIAL_AGAIN = 200_000_000
PATIENCE = 5_000_000_000  # With a dial, or with a transport on which nothing comes.
NOWHERE = 0

buggy = sys.argv[1:] == ["--buggy"]


class Ferry(lockstep.End):
    """Both ends."""
    is_client = False

    def __init__(self, seed):
        super().__init__(seed)
        self.attached = NOWHERE  # The transport that the session is on.
        self.unread = {}  # The beginning of a frame, by transport.
        self.replay = b""  # Sent, or to be sent, and not acknowledged.
        self.acked = 0  # The peer's: where `replay` begins.
        self.said = 0  # On this transport: the end of what was said...
        self.ready = False  # ...which begins when the peer has said HELLO.
        self.count = 0  # Bytes received.
        self.finished = self.fin_acked = self.has_peer_finished = self.over = False
        self.heard = True  # Since the last look.

    # --- Transports ---

    def opened(self, now, transport):
        self.unread[transport] = b""
        if not self.is_client:
            return  # The client speaks first.
        self.attached = transport
        self.ready = self.heard = False
        self.deadline = now + PATIENCE
        self.say_hello(transport)

    def closed(self, now, transport):
        self.unread.pop(transport, None)
        if transport != self.attached:
            return
        self.attached = NOWHERE
        if self.is_client:
            self.dial_again(now)

    def dial_again(self, now, after=DIAL_AGAIN):
        if not self.over:
            self.dial(after)
            self.deadline = now + after + PATIENCE

    def timer(self, now):
        if self.attached != NOWHERE and self.heard:
            self.heard = False
            self.deadline = now + PATIENCE
            if self.ready:
                self.say(self.attached, b"P")
            return
        if self.attached != NOWHERE:
            self.close(self.attached)
            self.unread.pop(self.attached, None)
            self.attached = NOWHERE
        self.dial_again(now)

    # --- What comes ---

    def received(self, now, transport, data):
        self.heard = True
        unread = self.unread.setdefault(transport, b"") + data
        while len(unread) >= HEAD_BYTES:
            size = HEAD_BYTES + int.from_bytes(unread[1:3], "big")
            if len(unread) < size:
                break
            frame, unread = unread[:size], unread[size:]
            self.on_frame(transport, frame[:1], frame[HEAD_BYTES:])
        self.unread[transport] = unread

    def on_frame(self, transport, kind, body):
        # Late words of a transport that another one has replaced; only a client's HELLO may do that.
        if transport != self.attached and (self.is_client or kind != b"H") and not buggy:
            return
        if kind == b"H" and len(body) == 8:
            self.on_hello(transport, int.from_bytes(body, "big"))
        elif kind == b"D":
            self.count += len(body)
            self.deliver(body)
            self.say_ack()
        elif kind == b"F":
            if not self.has_peer_finished:
                self.has_peer_finished = True
                self.peer_finished()
            self.say_ack()
            self.on_ack(self.acked, False)
        elif kind == b"A" and len(body) == 9:
            self.on_ack(int.from_bytes(body[:8], "big"), body[8] != 0)
        elif kind == b"P":
            self.say_ack()
        elif kind == b"B":
            self.end_now()

    def on_hello(self, transport, received):
        if not self.is_client:
            self.attached = transport
            self.say_hello(transport)
        self.ready = True
        self.on_ack(received, False)
        if not self.is_client and self.over:
            return self.say(self.attached, b"B")
        self.said = self.acked
        self.say_the_rest()

    def on_ack(self, received, fin):
        received = min(received, self.acked + len(self.replay))  # More cannot be.
        if received > self.acked:
            self.replay = self.replay[received - self.acked:]
            self.acked = received
        self.fin_acked = self.fin_acked or fin
        if self.is_client or self.over or not self.has_peer_finished or not self.fin_acked:
            return
        self.say(self.attached, b"B")
        self.end_now()

    def end_now(self):
        if not self.over:
            self.over = True
            self.deadline = None
            self.ended()

    # --- What is said ---

    def send(self, now, data):
        if self.finished:
            return 0
        taken = min(len(data), REPLAY_BYTES_MAX - len(self.replay))
        self.replay += data[:taken]
        self.say_the_rest()
        return taken

    def finish(self, now):
        self.finished = True
        self.say_the_rest()

    def say_the_rest(self):
        """All that was not said on this transport."""
        if self.attached == NOWHERE or not self.ready:
            return
        while self.said < self.acked + len(self.replay):
            at = self.said - self.acked
            piece = self.replay[at:at + DATA_BYTES_MAX]
            self.say(self.attached, b"D", piece)
            self.said += len(piece)
        if self.finished and not self.fin_acked:
            self.say(self.attached, b"F")

    def say(self, transport, kind, body=b""):
        if transport in self.unread:  # Else it is gone.
            self.write(transport, kind + len(body).to_bytes(2, "big") + body)

    def say_hello(self, transport):
        self.say(transport, b"H", self.count.to_bytes(8, "big"))

    def say_ack(self):
        if self.attached != NOWHERE:
            self.say(self.attached, b"A", self.count.to_bytes(8, "big") + bytes([self.has_peer_finished]))

    def memory(self):
        return len(self.replay) + sum(map(len, self.unread.values()))


class Client(Ferry):
    is_client = True

    def __init__(self, seed):
        super().__init__(seed)
        self.dial_again(0, after=0)

    def dial_failed(self, now):
        self.dial_again(now)


if __name__ == "__main__":
    lockstep.run("ferry", Client, Ferry)
