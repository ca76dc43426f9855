#!/usr/bin/env -S python3 -B
"""curl, with each way it has of sending a request. Needs: curl."""

import contextlib
import subprocess
import tempfile
import zlib

from proof import PATIENCE, TRANSPORTS, binary, check, serve

STATUS = ["--output", "/dev/null", "--write-out", "%{http_code}"]
TEXT = b"tea and cake " * 4096


class Curl:
    def __init__(self, server):
        self.server = server

    def __call__(self, what, *arguments, prints, url="/", send=b""):
        """Checks what it prints for these arguments. What it has to say besides."""
        limit = ["--silent", "--show-error", "--max-time", str(PATIENCE)]
        command = ["curl", *limit, *arguments, self.server.url + url]
        run = subprocess.run(command, input=send, capture_output=True, timeout=2 * PATIENCE)
        detail = f"{command}\n{run.stdout[:1000]}\n{run.stderr.decode()}"
        check(run.stdout == prints, f"curl, {self.server.transport}: {what}", detail)
        return run.stderr.decode()


def hello(curl):
    curl("GET", prints=b"Hello, World\n")
    curl("GET of a name that isn't ASCII", url="/greeting/%E5%A4%AA%E9%83%8E",
         prints="Hello, 太郎!\n".encode())
    curl("HEAD", "--head", *STATUS, prints=b"200")
    curl("OPTIONS *", "--request", "OPTIONS", "--request-target", "*", *STATUS, prints=b"204")
    curl("HTTP/1.0", "--http1.0", prints=b"Hello, World\n")
    # How many connections each request had to open.
    curl("two requests on one connection", "--write-out", " %{num_connects} ",
         curl.server.url + "/greeting/a", url="/greeting/b", prints=b"Hello, a!\n 1 Hello, b!\n 0 ")
    curl("a hundred requests, twenty at a time", "--parallel", "--parallel-max", "20", *STATUS,
         url="/greeting/[1-100]", prints=b"200" * 100)


def echo(curl):
    curl("POST", "--data-binary", "@-", send=TEXT, prints=TEXT)
    curl("POST of nothing", "--data", "", prints=b"")
    curl("form", "--form", "a=b", "--form", "c=d", *STATUS, prints=b"200")
    with file(TEXT) as text:
        curl("PUT", "--upload-file", text, prints=TEXT)
        # It would wait longer for the interim answer than this script does for curl.
        trace = curl("PUT that waits for 100 (Continue)", "--upload-file", text, "--verbose",
                     "--header", "Expect: 100-continue", "--expect100-timeout", "1000",
                     prints=TEXT)
        check("100 Continue" in trace, f"curl, {curl.server.transport}: ... and gets it", trace)
    curl("chunked upload", "--upload-file", "-", send=TEXT, prints=TEXT)


def too_large(curl):
    """What is collected may have 1 MiB. The answer has to arrive, although the upload goes on."""
    large = bytes(8 * 1024 * 1024)
    at_once, asking = ["--header", "Expect:"], ["--header", "Expect: 100-continue"]
    upload = ["--request", "POST", "--upload-file"]
    with file(large) as name:
        curl("413 for too large an upload", *upload, name, *at_once, *STATUS,
             url="/collect", prints=b"413")
        curl("413 instead of 100 (Continue)", *upload, name, *asking, *STATUS,
             "--write-out", "%{http_code} for %{size_upload} bytes",
             url="/collect", prints=b"413 for 0 bytes")
    curl("413 in the middle of a chunked upload", *upload, "-", *at_once, *STATUS,
         url="/collect", send=large, prints=b"413")


def streams(curl):
    """64 MiB in each direction, which are more than the server may hold of a connection."""
    large = bytes(range(256)) * 4 * 1024 * 64
    total = f"{len(large)} {zlib.crc32(large):08x}\n".encode()
    with file(large) as name:
        curl("upload that streams", "--request", "POST", "--upload-file", name, url="/count",
             prints=total)
    curl("chunked upload that streams", "--request", "POST", "--upload-file", "-", url="/count",
         send=large, prints=total)
    octets = b"0123456789abcdef" * 4 * 1024 * 1024
    for query in ["", "?chunked"]:
        curl(f"download that streams{query}", url=f"/bytes/{len(octets)}{query}", prints=octets)
    curl("download that streams to HTTP/1.0", "--http1.0", url=f"/bytes/{len(octets)}?chunked",
         prints=octets)


@contextlib.contextmanager
def file(content):
    with tempfile.NamedTemporaryFile() as named:
        named.write(content)
        named.flush()
        yield named.name


def main():
    path = binary()
    for transport in TRANSPORTS:
        with serve(path, transport) as server:
            hello(Curl(server))
        with serve(path, transport, "--app", "echo") as server:
            echo(Curl(server))
        with serve(path, transport, "--app", "lab") as server:
            too_large(Curl(server))
            streams(Curl(server))


main()
