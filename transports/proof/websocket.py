#!/usr/bin/env -S python3 -B
"""The examples thread_websocket and smol_websocket, with Python's websockets and with Chromium. Needs:
python3-venv, chromium, chromium-driver."""

import subprocess
import sys

from example import build, run
from packages import environment
from proof import HERE, PATIENCE, TRANSPORTS, check
from webdriver import Driver, chromium

# Sends all messages at once, and compares the answers. Then it closes, or the server does.
SCRIPT = """
const [url, tooLarge, finish] = arguments;
const bytes = (n) => new Uint8Array(n).map((_, i) => i % 251).buffer;
const sent = ["tea", "", "caf\\u00e9 \\ud83c\\udf75", bytes(0), bytes(256), bytes(1024 * 1024)];
const text = (message) =>
    typeof message === "string" ? message : "octets " + new Uint8Array(message).join();
const received = [];
const socket = new WebSocket(url);
socket.binaryType = "arraybuffer";
socket.onopen = () => sent.forEach((message) => socket.send(message));
socket.onmessage = ({data}) => {
    received.push(data);
    if (received.length < sent.length) return;
    if (tooLarge) socket.send(bytes(1024 * 1024 + 1));
    else socket.close(4001, "enough");
};
socket.onclose = ({code, reason, wasClean}) => {
    const same = received.length === sent.length && received.every((m, i) => text(m) === text(sent[i]));
    finish([same, code, reason, wasClean]);
};
"""


def in_chromium(url, transport):
    with Driver(*chromium()) as browser:
        # A page of another site would need the user's permission for the network of this machine.
        browser.open(url.replace("ws:", "http:"))
        outcome = browser.run(SCRIPT, url, False)
        check(outcome == [True, 4001, "enough", True],
              f"Chromium, {transport}: all messages come back, and both sides close", outcome)
        outcome = browser.run(SCRIPT, url, True)
        check(outcome == [True, 1006, "", False],
              f"Chromium, {transport}: a message that is too large ends the connection", outcome)
        outcome = browser.run(SCRIPT, url.replace("/echo", "/"), False)
        check(outcome[0] is False and outcome[1] == 1006,
              f"Chromium, {transport}: other paths have no WebSocket", outcome)


def main():
    python = environment()
    names = {transport: f"{transport}_websocket" for transport in TRANSPORTS}
    build(*names.values())
    for transport, name in names.items():
        with run(name, "127.0.0.1:0") as address:
            url = f"ws://{address}/echo"
            client = [python, "-B", HERE / "websocket_client.py", url, transport]
            if subprocess.run(client, timeout=10 * PATIENCE).returncode != 0:
                sys.exit(1)
            in_chromium(url, transport)


main()
