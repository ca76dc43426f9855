#!/usr/bin/env -S python3 -B
"""The examples that serve, with the curl commands of their first lines. Needs: curl."""

import pathlib
import subprocess
import tempfile

from example import build, run
from proof import PATIENCE, REPOSITORY, TRANSPORTS, binary, check, serve

TEXT = (REPOSITORY / "Cargo.lock").read_bytes()


class Curl:
    def __init__(self, name, address):
        self.name = name
        self.url = f"http://{address}"

    def __call__(self, what, path, *arguments, prints=None, send=b""):
        """Checks the output for these arguments, if `prints` is given. Returns the output."""
        command = ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE), *arguments,
                   self.url + path]
        done = subprocess.run(command, input=send, capture_output=True, timeout=2 * PATIENCE)
        holds = prints in [None, done.stdout]
        check(holds, f"curl, {self.name}: {what}", f"{command}\n{done.stdout[:1000]}\n{done.stderr}")
        return done.stdout


def axum(curl):
    curl("a route", "/greeting/you", prints=b"Hello, you!\n")
    curl("JSON", "/sum", "--json", '{"numbers":[1,2,3]}', prints=b'{"sum":6.0}')
    lines = "".join(f"line {n}\n" for n in range(1, 1_000_001))
    curl("a streamed answer", "/lines/1000000", prints=lines.encode())
    curl("a body that comes back while it comes", "/upper", "--data-binary", "@-", send=TEXT,
         prints=TEXT.upper())
    events = "".join(f"data: event {n}\n\n" for n in range(5))
    curl("events", "/events", "--no-buffer", prints=events.encode())


def files(curl, folder):
    page = pathlib.Path(folder, "tea", "index.html")
    page.parent.mkdir()
    page.write_bytes(b"<!DOCTYPE html>\n" + TEXT)
    etag, copy = f"{folder}/etag", f"{folder}/copy"
    head = curl("the head", "/tea/index.html", "--head").decode().lower()
    length = page.stat().st_size
    for line in ["content-type: text/html", f"content-length: {length}", "accept-ranges: bytes"]:
        check(f"\r\n{line}\r\n" in head, f"curl, {curl.name}: ... with {line}", head)
    curl("a range", "/tea/", "--range", "0-14", prints=b"<!DOCTYPE html>")
    pathlib.Path(copy).write_bytes(page.read_bytes()[:1000])
    curl("the rest of a download", "/tea/index.html", "--continue-at", "-", "--output", copy)
    check(pathlib.Path(copy).read_bytes() == page.read_bytes(), f"curl, {curl.name}: ... fits")
    curl("a tag", "/tea/", "--etag-save", etag, "--output", copy)
    status = ["--write-out", "%{http_code}"]
    curl("304 for the tag", "/tea/", "--etag-compare", etag, *status, prints=b"304")
    curl("no way out", "/../tea/", "--path-as-is", *status, prints=b"404")


def upload(curl, folder, elsewhere):
    status = ["--output", "/dev/null", "--write-out", "%{http_code}", "--upload-file"]
    small, large = REPOSITORY / "Cargo.toml", pathlib.Path(elsewhere, "large")
    large.write_bytes(bytes(200_000))
    curl("a small file", "/notes/", *status, small, prints=b"201")
    curl("the same again", "/notes/", *status, small, prints=b"204")
    curl("413 before the body", "/notes/", *status, large, "--header", "Expect: 100-continue",
         "--write-out", "%{http_code} %{size_upload}", prints=b"413 0")
    with open("/dev/zero", "rb") as zeros:
        command = ["curl", "--silent", "--max-time", str(PATIENCE), *status, "-",
                   f"{curl.url}/notes/zeros"]
        done = subprocess.run(command, stdin=zeros, stdout=subprocess.PIPE, timeout=2 * PATIENCE)
    check(done.stdout == b"413", f"curl, {curl.name}: 413 in the middle of an endless body", done)
    curl("elsewhere, the large one", "/files/", *status, large, prints=b"201")
    stored = sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).glob("*/*"))
    check(stored == ["files/large", "notes/Cargo.toml"], f"curl, {curl.name}: only complete files are stored", stored)


def proxy(curl):
    head = curl("the head that the server behind gets", "/headers").decode()
    check("\r\nVia: 1.1 h1events\r\n" in head and "\r\nConnection: close\r\n" in head,
          f"curl, {curl.name}: ... comes from the proxy", head)
    curl("events", "/events/5/20", "--no-buffer")
    counted = curl("an upload", "/count", "--data-binary", "@-", send=TEXT)
    check(counted.startswith(b"%d " % len(TEXT)), f"curl, {curl.name}: ... arrives", counted)
    upload = ["--request", "POST", "--upload-file", "-"]
    chunked = curl("an upload in chunks", "/count", *upload, send=TEXT)
    check(chunked == counted, f"curl, {curl.name}: ... arrives", chunked)
    for query in ["", "?chunked"]:
        curl(f"64 MiB{query}", f"/bytes/{64 << 20}{query}", "--output", "/dev/null", "--write-out",
             "%{size_download}", prints=b"%d" % (64 << 20))


def main():
    path = binary()
    build("axum", "files", "thread_upload", "smol_proxy")
    for transport in TRANSPORTS:
        with run("axum", transport, "127.0.0.1:0") as address:
            axum(Curl(f"axum, {transport}", address))
        with tempfile.TemporaryDirectory() as folder:
            with run("files", transport, folder, "127.0.0.1:0") as address:
                files(Curl(f"files, {transport}", address), folder)
        with serve(path, transport, "--app", "lab") as behind:
            with run("smol_proxy", f"{behind.host}:{behind.port}", "127.0.0.1:0") as address:
                proxy(Curl(f"smol_proxy before {transport}", address))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as elsewhere:
        with run("thread_upload", folder, "127.0.0.1:0") as address:
            upload(Curl("thread_upload", address), folder, elsewhere)


main()
