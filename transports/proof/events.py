#!/usr/bin/env -S python3 -B
"""Server-sent events arrive when they are sent, also through nginx and HAProxy. Needs: nginx,
haproxy."""

import socket
import time

from proof import FULL, PATIENCE, TRANSPORTS, binary, check, serve
from proxy.front import ways

COUNT, INTERVAL = 5, 0.2

# Seconds: with --full, and for a busy machine. If events were held until the last one, the first would
# be 800 ms late.
MOST_LATE = 0.05 if FULL else 0.4


def lateness(port):
    """Returns the delay of each event, in seconds since it was due."""
    late = []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stream:
        start = time.monotonic()
        target = f"/events/{COUNT}/{round(1000 * INTERVAL)}"
        stream.sendall(f"GET {target} HTTP/1.1\r\nHost: proof\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while block := stream.recv(65536):
            received += block
            while f"data: {len(late) + 1}\n\n".encode() in received:
                late.append(time.monotonic() - start - len(late) * INTERVAL)
    return late


def main():
    path = binary()
    for transport in TRANSPORTS:
        with serve(path, transport, "--app", "lab") as server, ways(server) as all_ways:
            for way, port in all_ways.items():
                late = lateness(port)
                in_ms = ", ".join(f"{1000 * seconds:.1f}" for seconds in late)
                check(len(late) == COUNT and max(late) <= MOST_LATE,
                      f"{way}, {transport}: events arrive {in_ms} ms after they are due")


main()
