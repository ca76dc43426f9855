#!/usr/bin/env -S python3 -B
"""Chromium and a WebKit browser, which is what Safari is made of, load a page while more silent
connections are open than the server takes. Needs: chromium, chromium-driver, webkit2gtk-driver,
xvfb, xauth."""

import glob
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

from proof import PATIENCE, TRANSPORTS, binary, check, serve, wait_until

SILENT = 60
CAP = 50

# In a container, and for root, neither browser has what its sandbox is made of.
CHROMIUM = {"browserName": "chrome", "goog:chromeOptions": {
    "binary": "/usr/bin/chromium", "args": ["--headless", "--no-sandbox", "--disable-gpu"]}}
WEBKIT = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": {
    "binary": "".join(glob.glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")), "args": ["--automation"]}}
UNSANDBOXED = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}

BROWSERS = {
    "Chromium": (["chromedriver"], CHROMIUM),
    "WebKit": (["xvfb-run", "--auto-servernum", "WebKitWebDriver"], WEBKIT),
}


class Driver:
    """A browser, driven by the WebDriver protocol of the W3C."""

    def __init__(self, command, capabilities):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.command = [*command, f"--port={self.port}"]
        self.capabilities = capabilities

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        environment = {**os.environ, **UNSANDBOXED, "HOME": self.folder.name}
        # A session of its own: what the browser starts ends with it.
        self.process = subprocess.Popen(self.command, env=environment, start_new_session=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(self.listens, f"{self.command[0]} to listen")
            session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": self.capabilities}})
        except BaseException:
            self.__exit__()
            raise
        self.session = f"/session/{session['sessionId']}"
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.folder.cleanup()

    def listens(self):
        with socket.socket() as stream:
            return stream.connect_ex(("127.0.0.1", self.port)) == 0

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * PATIENCE)
        connection.request(method, path, json.dumps(body) if body is not None else None)
        value = json.load(connection.getresponse())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value:
            check(False, f"{method} {path}", value)
        return value

    def text(self, url):
        """What the page says."""
        self.call("POST", f"{self.session}/url", {"url": url})
        script = {"script": "return document.body.innerText", "args": []}
        return self.call("POST", f"{self.session}/execute/sync", script)


def main():
    path = binary()
    for transport in TRANSPORTS:
        for name, (command, capabilities) in BROWSERS.items():
            with serve(path, transport, "--max-connections", str(CAP)) as server:
                address = (server.host, server.port)
                with Driver(command, capabilities) as browser:
                    silent = [socket.create_connection(address) for _ in range(SILENT)]
                    start = time.monotonic()
                    text = browser.text(server.url + "/")
                    took = 1000 * (time.monotonic() - start)
                    check(text.strip() == "Hello, World", f"{name}, {transport}: beside "
                          f"{SILENT} silent connections, {CAP} at most, in {took:.0f} ms", text)
                    for stream in silent:
                        stream.close()


main()
