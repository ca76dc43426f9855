"""Browsers, driven by the WebDriver protocol of the W3C."""

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from proof import PATIENCE, check, wait_until

# In a container, and for root, the sandbox of a browser doesn't work.
UNSANDBOXED = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}


def chromium():
    """Returns the command and the capabilities for Chromium, or Chrome."""
    found = [path for path in map(shutil.which, ["chromium", "google-chrome"]) if path]
    if not found or not shutil.which("chromedriver"):
        check(False, "there are Chromium and its driver", "Debian's packages: chromium chromium-driver")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000"]
    options = {"binary": found[0], "args": arguments}
    return ["chromedriver"], {"browserName": "chrome", "goog:chromeOptions": options}


class Driver:
    """A running browser."""

    def __init__(self, command, capabilities):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.command = [*command, f"--port={self.port}"]
        self.capabilities = capabilities

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        environment = {**os.environ, **UNSANDBOXED, "HOME": self.folder.name}
        # A session of its own, so that the browser's processes end with it.
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

    def open(self, url):
        self.call("POST", f"{self.session}/url", {"url": url})

    def text(self, url):
        """Returns the text of the page."""
        self.open(url)
        return self.evaluate("return document.body.innerText")

    def evaluate(self, script, *arguments):
        """Returns the result of the script on the open page."""
        return self.call("POST", f"{self.session}/execute/sync",
                         {"script": script, "args": arguments})

    def devtools(self, command, **parameters):
        """Sends a command of Chromium's own protocol."""
        return self.call("POST", f"{self.session}/goog/cdp/execute",
                         {"cmd": command, "params": parameters})

    def screenshot(self, path):
        image = self.call("GET", f"{self.session}/screenshot")
        path.write_bytes(base64.b64decode(image))

    def run(self, script, *arguments):
        """Returns the value that the script passes to its last argument, on the open page."""
        self.call("POST", f"{self.session}/timeouts", {"script": 1000 * PATIENCE})
        return self.call("POST", f"{self.session}/execute/async",
                         {"script": script, "args": arguments})
