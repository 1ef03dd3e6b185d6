"""Your own protocol in Python as a child of Holdfast, see docs/lockstep.md. Two classes, and one call:

    class MyClient(lockstep.End):
        def opened(self, now, transport): self.write(transport, b"hello")

    lockstep.run("mine", MyClient, MyServer)

Times are in nanoseconds since the world began, and the only clock there is. Draw randomness from `seed` alone.
"""

import json
import os
import sys
import traceback


class End:
    """One end of one session. Override the verbs; say what is to be done by the wishes."""

    def __init__(self, seed):
        self.seed = seed
        self.deadline = None  # When `timer` is wanted; None: not at all.
        self.outputs = []

    # The verbs. A transport may die at any byte, and its number never comes back.
    def opened(self, now, transport): pass
    def closed(self, now, transport): pass
    def dial_failed(self, now): pass  # Clients only.
    def received(self, now, transport, data): pass
    def send(self, now, data): return 0  # How many bytes are taken; the rest is offered again.
    def finish(self, now): pass  # The application has sent its last byte.
    def timer(self, now): pass
    def memory(self): return None  # Bytes that it holds.
    def digest(self): return None  # A number that tells states apart.

    # The wishes.
    def dial(self, after=0): self.outputs.append({"wish": "dial", "after": after})
    def write(self, transport, data):
        self.outputs.append({"wish": "write", "transport": transport, "bytes": data.hex()})
    def close(self, transport): self.outputs.append({"wish": "close", "transport": transport})
    def deliver(self, data): self.outputs.append({"wish": "deliver", "bytes": data.hex()})
    def peer_finished(self): self.outputs.append({"wish": "peer_finished"})
    def ended(self, given_up=False): self.outputs.append({"wish": "ended", "given_up": given_up})


def tell(end, ask):
    """One verb; what it returns goes into the reply."""
    do, now = ask["do"], ask["now"]
    if do in ("opened", "closed"):
        getattr(end, do)(now, ask["transport"])
    elif do == "bytes":
        end.received(now, ask["transport"], bytes.fromhex(ask["bytes"]))
    elif do == "send":
        return {"taken": end.send(now, bytes.fromhex(ask["bytes"]))}
    else:
        {"dial_failed": end.dial_failed, "finish": end.finish, "timer": end.timer}[do](now)
    return {}


def answer(ends, ask, greeting, makers):
    do, reply = ask["do"], {}
    if do == "hello":
        return greeting
    if do == "destroy":
        ends.pop(ask["end"], None)
        return {}
    if do == "create":
        ends[ask["end"]] = makers[ask["role"]](ask["seed"])
    else:
        reply = tell(ends[ask["end"]], ask)
    end = ends[ask["end"]]
    outputs, end.outputs = end.outputs, []
    reply.update(outputs=outputs, deadline=end.deadline)
    reply.update((name, value) for name, value in (("memory", end.memory()), ("digest", end.digest()))
                 if value is not None)
    return reply


def run(name, client, server, survives=True, memory_max=None):
    """Answers until there are no more lines. `client` and `server` make an End from a seed."""
    answers = os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr  # So that a print() is no answer.
    greeting = {"name": name, "survives": survives, "memory_max": memory_max}
    ends, makers = {}, {"client": client, "server": server}
    for line in sys.stdin.buffer:
        try:
            reply = answer(ends, json.loads(line), greeting, makers)
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            reply = {"error": f"{type(error).__name__}: {error} ({os.path.basename(at.filename)}:{at.lineno})"}
        answers.write(json.dumps(reply, separators=(",", ":")).encode() + b"\n")
        answers.flush()
