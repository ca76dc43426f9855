#!/usr/bin/env -S python3 -B
"""Bodies of 64 MiB, or with --full of a GiB, in both directions, with curl, directly and through nginx and
HAProxy. The server needs little more memory than when idle. Needs: curl, nginx, haproxy."""

import pathlib
import re
import subprocess
import tempfile
import urllib.request
import zlib

from proof import FULL, PATIENCE, TRANSPORTS, binary, check, serve
from proxy.front import ways

MIB = 1024 * 1024
SIZE = (1024 if FULL else 64) * MIB

# KiB that the server may need beyond its idle memory.
MOST_MEMORY = 16 * 1024


class Sum:
    """Length and checksum of blocks."""

    def __init__(self, blocks):
        self.length, self.checksum = 0, 0
        for block in blocks:
            self.length += len(block)
            self.checksum = zlib.crc32(block, self.checksum)

    def text(self):
        """Returns the answer of `POST /count`."""
        return f"{self.length} {self.checksum:08x}\n"


class Memory:
    """The resident memory of an idle server that is no longer new."""

    def __init__(self, server):
        self.status = pathlib.Path("/proc", str(server.pid), "status")
        with urllib.request.urlopen(f"{server.url}/bytes/1", timeout=PATIENCE) as answer:
            answer.read()
        self.idle = self.read("VmRSS")

    def check(self, name):
        growth = self.read("VmHWM") - self.idle
        check(growth <= MOST_MEMORY, f"{name}: ... in {growth} KiB more than idle")

    def read(self, name):
        return int(re.search(rf"{name}:\s+(\d+) kB", self.status.read_text())[1])


class Curl:
    """curl on one way to the server."""

    def __init__(self, transport, way, port):
        self.name = f"{way}, {transport}"
        self.url = f"http://127.0.0.1:{port}"
        self.command = ["curl", "--silent", "--show-error", "--fail", "--max-time", str(4 * PATIENCE)]

    def __call__(self, what, *arguments, url, expects, stdin=None):
        """Checks the sum of the output."""
        command = [*self.command, *arguments, self.url + url]
        with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE) as process:
            got = Sum(iter(lambda: process.stdout.read(MIB), b""))
        outcome, expected = (process.returncode, got.text()), (0, expects.text())
        check(outcome == expected, f"{self.name}: {what}", (command, outcome, expected))


def lab(curl, content):
    download = Sum(b"0123456789abcdef" * (MIB // 16) for _ in range(SIZE // MIB))
    for query in ["", "?chunked"]:
        for version in ["1.1", "1.0"]:
            curl(f"download{query}, HTTP/{version}", f"--http{version}", url=f"/bytes/{SIZE}{query}",
                 expects=download)
    both_ways(curl, "upload", content, "/count", Sum([content.sum.text().encode()]))


def both_ways(curl, what, content, url, expects):
    """Sends the content with a Content-Length, and in chunks."""
    post = ["--request", "POST", "--header", "Expect:", "--upload-file"]
    curl(what, *post, content.name, url=url, expects=expects)
    with open(content.name, "rb") as stdin:
        curl(f"chunked {what}", *post, "-", url=url, expects=expects, stdin=stdin)


class Content:
    """Makes a file in which no two blocks are the same."""

    def __init__(self, file):
        self.name = file.name
        self.sum = Sum(self.write(file))
        file.flush()

    @staticmethod
    def write(file):
        for number in range(SIZE // MIB):
            block = number.to_bytes(4, "big") * (MIB // 4)
            file.write(block)
            yield block


def echo(curl, content):
    both_ways(curl, "echo", content, "/", content.sum)


def main():
    path = binary()
    with tempfile.NamedTemporaryFile() as file:
        content = Content(file)
        for transport in TRANSPORTS:
            for app in lab, echo:
                with serve(path, transport, "--app", app.__name__) as server, ways(server) as all_ways:
                    memory = Memory(server)
                    if app is echo:
                        # nginx sometimes stops reading a request when its answer has begun.
                        all_ways.pop("through nginx")
                    for way, port in all_ways.items():
                        curl = Curl(transport, way, port)
                        app(curl, content)
                        memory.check(curl.name)


main()
