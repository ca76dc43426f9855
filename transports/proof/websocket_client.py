"""Python's websockets against the address at the first argument; run by websocket.py."""

import sys
from concurrent.futures import ThreadPoolExecutor

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from proof import PATIENCE, check

URL, TRANSPORT = sys.argv[1:]
MANY = 50
MAX_MESSAGE = 1024 * 1024


def checks(holds, what, detail=""):
    check(holds, f"websockets, {TRANSPORT}: {what}", detail)


def messages():
    sent = ["tea", "", "caf\u00e9 \U0001f375", b"", bytes(range(256)), bytes(MAX_MESSAGE)]
    with connect(URL, open_timeout=PATIENCE, max_size=None) as socket:
        for message in sent:
            socket.send(message)
        received = [socket.recv(PATIENCE) for _ in sent]
        checks(received == sent, "texts and octets come back, in order")
        socket.send(["in ", "three ", "frames"])
        checks(socket.recv(PATIENCE) == "in three frames", "a message in several frames")
        checks(socket.ping(b"there?").wait(PATIENCE), "a pong for a ping")
    checks((socket.close_code, socket.protocol.close_rcvd.code) == (1000, 1000), "both say goodbye")


def many():
    def ask(number):
        with connect(URL, open_timeout=PATIENCE) as socket:
            socket.send(f"{number}")
            return socket.recv(PATIENCE)

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(ask, range(MANY)))
    checks(answers == [f"{n}" for n in range(MANY)], f"{MANY} at once, each gets its own", answers)


def too_large():
    with connect(URL, open_timeout=PATIENCE) as socket:
        try:
            socket.send(bytes(MAX_MESSAGE + 1))
            socket.recv(PATIENCE)
        except ConnectionClosed:
            return checks(True, "a message that is too large ends it")
    checks(False, "a message that is too large comes back")


def no_websocket():
    try:
        connect(URL.replace("/echo", "/"), open_timeout=PATIENCE).close()
    except InvalidStatus as refused:
        return checks(refused.response.status_code == 404, "elsewhere there is none", refused)
    checks(False, "there is one elsewhere")


messages()
many()
too_large()
no_websocket()
