#!/usr/bin/env -S python3 -B
"""Chromium and a WebKit browser (the engine of Safari) load a page while more silent
connections are open than the server takes. Needs: chromium, chromium-driver, webkit2gtk-driver,
xvfb, xauth."""

import glob
import socket
import time

from proof import TRANSPORTS, binary, check, serve
from webdriver import Driver, chromium

SILENT = 60
CAP = 50

WEBKIT = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": {
    "binary": "".join(glob.glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")), "args": ["--automation"]}}

BROWSERS = {
    "Chromium": chromium(),
    "WebKit": (["xvfb-run", "--auto-servernum", "WebKitWebDriver"], WEBKIT),
}


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
