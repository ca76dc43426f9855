#!/usr/bin/env -S python3 -B
"""nginx and HAProxy in front: no disagreement on where a request ends.

A proxy marks each request that it sends on with a secret of its own. So a request that reaches
the application without a mark was smuggled, and one whose mark never reaches it was swallowed by
another one. Needs: nginx, haproxy.
"""

import concurrent.futures
import contextlib
import json

from proxy.client import Client, post
from proxy.front import PROXIES, running
from proxy.judge import judge_answers, judge_connections, judge_requests, seen_by
from proxy.tap import Tap
from proof import PATIENCE, REPOSITORY, TRANSPORTS, binary, check, serve

VECTORS = REPOSITORY / "parser" / "tests" / "vectors" / "vectors.jsonl"

CLIENTS = 48


def keep_alive(say, path, tap):
    with Client(path, PATIENCE) as client:
        for number in range(20):
            content = f"keep-alive {number}".encode()
            client.send(post("/", content))
            client.read_until(content)
        contents = [answer.content.decode() for answer in client.answers()]
    say(contents == [f"keep-alive {number}" for number in range(20)],
        "20 requests on a connection that is kept alive", client.received)
    say(len(tap.connections) == 1, "... and they reached the server on one, too", tap.connections)


def pipelining(say, path):
    contents = [f"pipelined {number}".encode() for number in range(20)]
    with Client(path, PATIENCE) as client:
        client.send(b"".join(post("/", content) for content in contents))
        client.read_until(contents[-1])
        got = [answer.content for answer in client.answers()]
    say(got == contents, "20 pipelined requests are answered in order", client.received)


def send_vector(path, number, vector):
    """Sends the vector and a canary behind it, then another client's request. Returns all answers to the first
    two, and whether the other client got only its own answer."""
    with Client(path, PATIENCE) as client:
        canary = f"canary {number}".encode()
        client.send(vector["input"].encode("latin-1") + post(f"/canary/{number}", canary))
        client.read_until(canary)
    with Client(path, PATIENCE) as bystander:
        content = f"bystander {number}".encode()
        bystander.send(post(f"/bystander/{number}", content))
        bystander.read_until(content)
        others = [(answer.status, answer.content) for answer in bystander.answers()]
    return client.answers(), others == [(200, content)]


def behind(path, name, transport, vectors):
    def say(holds, what, detail=""):
        check(holds, f"{name}, {transport}: {what}", detail)

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(path, transport, "--app", "echo", "-vv"))
        tap = stack.enter_context(Tap(server))
        front, _ = stack.enter_context(running(name, tap.address))
        keep_alive(say, front, tap)
        pipelining(say, front)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            send = lambda numbered: send_vector(front, *numbered)
            outcomes = list(pool.map(send, enumerate(vectors)))
    log = server.log()
    say("lines of the log were dropped" not in log, "the server's log is whole", log)
    requests = seen_by(log)
    judge_requests(say, requests)
    judge_connections(say, tap.connections, requests)
    judge_answers(say, vectors, outcomes, requests)


def main():
    path = binary()
    vectors = [json.loads(line) for line in VECTORS.open()]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for name in PROXIES:
            judged = [pool.submit(behind, path, name, transport, vectors) for transport in TRANSPORTS]
            for future in judged:
                future.result()


main()
