#!/usr/bin/env -S python3 -B
"""curl, with all its ways of sending a request. Needs: curl."""

import contextlib
import subprocess
import tempfile

from proof import PATIENCE, TRANSPORTS, binary, check, serve

STATUS = ["--output", "/dev/null", "--write-out", "%{http_code}"]
TEXT = b"tea and cake " * 4096


class Curl:
    def __init__(self, server):
        self.server = server

    def __call__(self, what, *arguments, prints, url="/", send=b""):
        """Checks the output for these arguments. Returns the rest, from stderr."""
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
    # Connections that each request had to open.
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
        # By default, curl waits longer for the interim answer than this script waits for curl.
        trace = curl("PUT that waits for 100 (Continue)", "--upload-file", text, "--verbose",
                     "--header", "Expect: 100-continue", "--expect100-timeout", "1000",
                     prints=TEXT)
        check("100 Continue" in trace, f"curl, {curl.server.transport}: ... and gets it", trace)
    curl("chunked upload", "--upload-file", "-", send=TEXT, prints=TEXT)


def refused(curl):
    """An answer arrives although the client is still uploading."""
    large = bytes(100_000_000)
    at_once, asking = ["--header", "Expect:"], ["--header", "Expect: 100-continue"]
    upload = ["--request", "POST", "--upload-file"]
    # Collected bodies may have 1 MiB.
    for status, url in [(b"413", "/collect"), (b"404", "/nothing")]:
        with file(large) as name:
            curl(f"{status.decode()} while it uploads 100 MB", *upload, name, *at_once, *STATUS,
                 url=url, prints=status)
            curl("... instead of 100 (Continue)", *upload, name, *asking, *STATUS,
                 "--write-out", "%{http_code} for %{size_upload} bytes",
                 url=url, prints=status + b" for 0 bytes")
        curl("... in chunks", *upload, "-", *at_once, *STATUS, url=url, send=large, prints=status)


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
            refused(Curl(server))


main()
