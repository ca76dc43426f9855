#!/usr/bin/env python3
"""Save one HTTP/1.1 request exactly as a client sent it.

    python3 capture.py OUT [--port 8080] [--target PREFIX] [--page HTML] [--requests N]

Listens on 127.0.0.1, answers every request with 200 and closes the connection.
Writes to OUT the bytes of the first connection whose request target starts with
PREFIX (by default any except /favicon.ico), nothing added, dropped or changed.
Answers other targets with the HTML page, which can make a browser send the
wanted request. After saving, serves for another second, so that the client can
finish, and exits. Answers `Expect: 100-continue` with `100 Continue` before it
reads the body. With --requests N, reads a connection until it has sent N whole
requests (pipelining), and cuts it there.

Logs each connection on stderr, with the size of each read; "silent" is one that
was closed without a byte. Exits with 1 if it has saved nothing within --timeout
seconds.
"""

import argparse
import os
import socket
import sys
import threading
import time

args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
args.add_argument("out")
args.add_argument("--port", type=int, default=8080)
args.add_argument("--target", help="save only a request whose target starts with this")
args.add_argument("--page", default="")
args.add_argument("--requests", type=int, default=1, help="requests per connection")
args.add_argument("--timeout", type=float, default=30)
args = args.parse_args()

saved = threading.Event()
lock = threading.Lock()


def header(head, name):
    """Returns the value of the first field called `name` (lower case), or None."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()


def chunked_end(data, at):
    """Returns where the chunked body that starts at `at` ends, or None if it is incomplete."""
    while True:
        eol = data.find(b"\r\n", at)
        if eol < 0:
            return None
        size = int(data[at:eol].split(b";")[0], 16)
        at = eol + 2
        if size:
            at += size + 2
            continue
        while True:  # trailer fields up to the empty line
            eol = data.find(b"\r\n", at)
            if eol < 0:
                return None
            if eol == at:
                return at + 2
            at = eol + 2


def request_end(data, start, on_continue):
    """Returns where the request that starts at `start` ends, or None if it is incomplete."""
    head_end = data.find(b"\r\n\r\n", start)
    if head_end < 0:
        return None
    head, body = data[start:head_end], head_end + 4
    chunked = header(head, b"transfer-encoding") == b"chunked"
    length = int(header(head, b"content-length") or 0)
    end = chunked_end(data, body) if chunked else body + length
    if end is None or end > len(data):
        if (header(head, b"expect") or b"").lower() == b"100-continue" and len(data) == body:
            on_continue(start)
        return None
    return end


def serve(number, conn):
    data, reads, ends, told = b"", [], [0], set()

    def on_continue(start):
        if start not in told:
            told.add(start)
            conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    conn.settimeout(args.timeout)
    try:
        while len(ends) <= args.requests:
            end = request_end(data, ends[-1], on_continue)
            if end is not None:
                ends.append(end)
                continue
            more = conn.recv(65536)
            if not more:
                break
            reads.append(len(more))
            data += more
    except OSError:
        pass
    line = data.split(b"\r\n", 1)[0]
    target = (line.split(b" ") + [b""])[1]
    whole = len(ends) > args.requests
    wanted = target.startswith(os.fsencode(args.target)) if args.target else target != b"/favicon.ico"
    what = "silent" if not data else "incomplete" if not whole else "not wanted"
    with lock:
        if whole and wanted:
            what = "not the first"
            if not saved.is_set():
                what = "saved" + (", bytes after it cut off" if ends[-1] < len(data) else "")
                with open(args.out, "wb") as out:
                    out.write(data[: ends[-1]])
                saved.set()
        print(f"connection {number}: {what}, reads {reads}, {line!r}", file=sys.stderr, flush=True)
    time.sleep(0.1)  # slows down a load generator
    body = b"<!doctype html><title>ok</title>ok" if wanted else args.page.encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n%s"
    try:
        for last in [False] * (len(ends) - 2) + [True] * whole:
            conn.sendall(answer % (len(body), b"Connection: close\r\n" if last else b"", body))
        conn.shutdown(socket.SHUT_WR)
        conn.recv(65536)
    except OSError:
        pass
    conn.close()


def accept(listener):
    number = 0
    while True:
        conn, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(number, conn), daemon=True).start()


listener = socket.create_server(("127.0.0.1", args.port))
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
found = saved.wait(args.timeout)
time.sleep(1)
sys.exit(0 if found else 1)
