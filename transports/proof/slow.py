#!/usr/bin/env -S python3 -B
"""slowhttptest, beside clients that must not lose an answer. Needs: slowhttptest."""

import concurrent.futures
import http.client
import re
import subprocess
import threading
import time

from proof import PATIENCE, TRANSPORTS, binary, check, serve

SECONDS = 5
CONNECTIONS = 200
HEAD_TIMEOUT = 2

# Bytes: more than the buffers of a socket hold for a client that hardly reads.
LONG = "/greeting/" + 7000 * "x"

ATTACKS = {
    "slow heads": (["-H"], "/"),
    "slow bodies": (["-B", "-s", "100000"], "/"),
    "slow reads": (["-X", "-w", "8", "-y", "16", "-n", "1", "-z", "4", "-k", "10"], LONG),
}


class Beside(threading.Thread):
    """A well-behaved client, which runs until it is told to stop."""

    def __init__(self, server, keeps_alive):
        super().__init__()
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
        self.keeps_alive = keeps_alive
        self.go_on = True
        self.times = []
        self.trouble = None

    def run(self):
        try:
            while self.go_on:
                self.request()
                time.sleep(0.005)
        except Exception as error:  # Any error is reported when all have ended.
            self.trouble = error
        self.connection.close()

    def request(self):
        start = time.monotonic()
        # http.client reconnects by itself if the server has closed.
        if self.keeps_alive and self.times and self.connection.sock is None:
            raise ConnectionError("the server has closed")
        name = f"{len(self.times)}"
        self.connection.request("GET", f"/greeting/{name}")
        answer = self.connection.getresponse()
        if (answer.status, answer.read()) != (200, f"Hello, {name}!\n".encode()):
            raise ValueError(f"{answer.status} for {name}")
        self.times.append(time.monotonic() - start)
        if not self.keeps_alive:
            self.connection.close()


def attack(server, what):
    """Runs slowhttptest with clients beside it, and returns the clients."""
    arguments, target = ATTACKS[what]
    arguments = [*arguments, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-i", "1"]
    arguments += ["-l", str(SECONDS), "-p", str(PATIENCE), "-u", server.url + target]
    clients = [Beside(server, keeps_alive) for keeps_alive in [True, False]]
    for client in clients:
        client.start()
    try:
        subprocess.run(["slowhttptest", *arguments], check=True, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, timeout=SECONDS + 2 * PATIENCE)
    finally:
        for client in clients:
            client.go_on = False
        for client in clients:
            client.join()
    return clients


def judge(transport, what, clients, log):
    for client in clients:
        kind = "on one connection" if client.keeps_alive else "on a new connection each"
        number, longest = len(client.times), 1000 * max(client.times, default=0)
        check(number > 0 and not client.trouble,
              f"slowhttptest, {transport}: {what}; beside them {number} requests {kind} were "
              f"answered, the slowest in {longest:.0f} ms", repr(client.trouble))
    # One of the two clients connects once, the other for each request.
    opened = int(re.search(r"stopped after (\d+) connections", log)[1])
    slow = opened - 1 - len(clients[1].times)
    check(slow >= CONNECTIONS / 2, f"slowhttptest, {transport}: ... {slow} connections were slow", log)
    if what == "slow heads":
        ended = log.count("the head of the request took too long")
        check(ended >= CONNECTIONS / 2, f"slowhttptest, {transport}: ... and {ended} of them were "
              f"ended after {HEAD_TIMEOUT} s", log)


def slow(path, transport, what):
    # With -vv, the log has each ended connection, and not only the first of a kind in a minute.
    with serve(path, transport, "--head-timeout", str(HEAD_TIMEOUT), "-vv") as server:
        clients = attack(server, what)
    return transport, what, clients, server.log()


def main():
    path = binary()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for what in ATTACKS:
            both = [pool.submit(slow, path, transport, what) for transport in TRANSPORTS]
            for future in both:
                judge(*future.result())


main()
