"""Checks whether proxy and server agree on the requests."""

import collections
import re

# The log lines of `serve -vv` for each request that the application gets.
REQUEST = re.compile(r"^\S+ INFO  \S+: +\d\d\d +(?:\d+|-) B +[\d.]+ ms  (\S+) (\S+) HTTP/1\.[01]\n((?:    .*\n)*)", re.M)

ECHOED = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

Seen = collections.namedtuple("Seen", "method target marks length")


def seen_by(log):
    """Returns all requests that the application got."""
    requests = []
    for method, target, fields in REQUEST.findall(log):
        marks = re.findall(r"^    > x-proof: (.*)$", fields, re.M | re.I)
        # The length of a chunked body isn't known.
        chunked = re.search(r"^    > transfer-encoding: ", fields, re.M | re.I)
        length = re.search(r"^    > content-length: (\d+)$", fields, re.M | re.I)
        length = None if chunked else int(length[1]) if length else 0
        requests.append(Seen(method, target, marks, length))
    return requests


def judge_requests(say, requests):
    unmarked = [request for request in requests if len(request.marks) != 1]
    say(not unmarked, f"each of {len(requests)} requests that the server saw was sent by the proxy",
        unmarked)
    once = {request.marks[0] for request in requests}
    say(len(once) == len(requests), "... once", requests)


def judge_connections(say, connections, requests):
    seen = {request.marks[0] for request in requests}
    refused = unfinished = 0
    swallowed = []
    for connection in connections:
        marks, statuses = connection.marks(), connection.statuses()
        missing = [mark for mark in marks if mark not in seen]
        if len(statuses) > len(marks):
            swallowed.append(connection.received)
        elif not missing:
            continue
        # The server refuses a request with an error, and reads none after it on this connection.
        elif missing == marks[-1:] and len(statuses) == len(marks) and statuses[-1] >= 400:
            refused += 1
        elif missing == marks[-1:] and len(statuses) == len(marks) - 1:
            unfinished += 1
        else:
            swallowed.append(connection.sent)
    say(not swallowed, f"the server saw each that the proxy sent, except {refused} that it refused"
        f" and {unfinished} that never ended", swallowed)


def judge_answers(say, vectors, outcomes, requests):
    by_mark = {request.marks[0]: request for request in requests}
    strange = []
    canaries = 0
    for number, (vector, (answers, is_bystander_fine)) in enumerate(zip(vectors, outcomes)):
        for answer in answers:
            request = by_mark.get(answer.mark)
            canary = request and (request.method, request.target) == ("POST", f"/canary/{number}")
            canaries += bool(canary)
            if canary:
                fits = (answer.status, answer.content) == (200, f"canary {number}".encode())
            elif request:
                # The application sends the content back, or an error.
                length = request.length if request.method in ECHOED else 0
                # Chunked content comes back in chunks, as far as it is well-formed.
                fits = length is None or answer.length == length or answer.status == 501
            else:
                fits = answer.status >= 400
            if not fits:
                strange.append((vector, vars(answer), request))
        if not is_bystander_fine:
            strange.append(("bystander", vector))
    say(not strange, f"each answer belongs to its request; {canaries} canaries came back", strange)
    say(canaries > 0, "... so that they can be seen")
