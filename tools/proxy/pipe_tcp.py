#!/usr/bin/env python3
"""The plainest program there is: standard input and output over one TCP connection, which is not survived.

usage: pipe_tcp.py (serve | dial) HOST PORT [FLAW]

Exit status: 0 both streams came to their end, 1 the connection broke. FLAW plants what must be found: `repeat` (says
its first piece twice), `swallow` (stops reading before the end, and exits as if all were well), `fail` (exits with
status 1 after all went well), `grow` (holds far more memory than it needs), `hang` (does not exit).
"""

import os
import socket
import sys
import threading


def outward(connection, flaw):
    first = True
    while data := os.read(0, 65536):
        connection.sendall(data * 2 if first and flaw == "repeat" else data)
        first = False
    connection.shutdown(socket.SHUT_WR)


def inward(connection, flaw):
    while data := connection.recv(65536):
        while data:
            data = data[os.write(1, data):]
        if flaw == "swallow":
            os._exit(0)
    os.close(1)


def connect(role, address):
    if role == "dial":
        return socket.create_connection(address)
    with socket.create_server(address) as listener:
        return listener.accept()[0]


def main(role, host, port, flaw=None):
    connection = connect(role, (host, int(port)))
    held = bytearray(100_000_000) if flaw == "grow" else None

    def run(direction):
        try:
            direction(connection, flaw)
        except OSError:
            os._exit(1)

    threads = [threading.Thread(target=run, args=[direction]) for direction in (outward, inward)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if flaw == "hang":
        threading.Event().wait()
    del held
    sys.exit(1 if flaw == "fail" else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
