#!/usr/bin/env -S python3 -B
"""Python's clients: http.client and urllib, then those of requirements.txt in an
environment of their own. Needs: python3-venv."""

import http.client
import subprocess
import sys
import urllib.request

from packages import environment
from proof import HERE, PATIENCE, TRANSPORTS, binary, check, serve

BODY = bytes(range(256)) * 1000


def chunks():
    for start in range(0, len(BODY), 10_000):
        yield BODY[start:start + 10_000]


def http_client(server):
    def request(what, *arguments, status=200, content=BODY, **options):
        connection.request(*arguments, **options)
        answer = connection.getresponse()
        got = answer.read()
        is_right = answer.status == status and content in [got, None]
        check(is_right, f"http.client, {server.transport}: {what}", got[:200])

    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    request("POST", "POST", "/", BODY)
    socket = connection.sock
    request("HEAD", "HEAD", "/", content=b"")
    request("chunked PUT", "PUT", "/", chunks())
    check(connection.sock is socket, f"http.client, {server.transport}: all on one connection")
    request("413 for too large a body", "PUT", "/", bytes(2_000_000), status=413, content=None)
    connection.close()


def refused(server):
    """http.client sends the whole body before it reads an answer."""
    for status, path in [(413, "/collect"), (404, "/nothing")]:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
        connection.request("POST", path, bytes(100_000_000))
        check(connection.getresponse().status == status,
              f"http.client, {server.transport}: {status} while it uploads 100 MB")
        connection.close()


def urllib_request(server):
    with urllib.request.urlopen(server.url, BODY, timeout=PATIENCE) as answer:
        check(answer.read() == BODY, f"urllib, {server.transport}: POST")


def run_packages(python, server, part):
    packages = [python, "-B", HERE / "python_packages.py", server.url, server.transport, part]
    if subprocess.run(packages, timeout=10 * PATIENCE).returncode != 0:
        sys.exit(1)


def main():
    path = binary()
    python = environment()
    for transport in TRANSPORTS:
        with serve(path, transport, "--app", "echo", "--max-body", "1048576") as server:
            http_client(server)
            urllib_request(server)
            run_packages(python, server, "echo")
        with serve(path, transport, "--app", "lab") as server:
            refused(server)
            run_packages(python, server, "lab")


main()
