"""llhttp and h11 as the program of parity expects them: a line of JSON for each call, one for each answer.

    python3 -m venv /tmp/parity && /tmp/parity/bin/pip install h11==0.16.0 llhttp==9.3.0.0
    cargo run -- /tmp/parity/bin/python
"""

import ctypes
import json
import sys
import time
import tracemalloc


class Llhttp:
    """The package is a thin binding that comes with the C of llhttp; all leniency is off, as it is by default."""

    # Where the C structure is in the object of Python.
    HEAD = object.__basicsize__

    def __init__(self):
        import llhttp

        self.llhttp = llhttp
        library = ctypes.CDLL(sys.modules["__llhttp"].__file__)
        self.error_position = library.llhttp_get_error_pos
        self.error_position.restype = ctypes.c_void_p
        self.error_position.argtypes = [ctypes.c_void_p]

    def version(self):
        return self.llhttp.version

    def requests(self, octets, read):
        requests = []
        parser = self.parser(self.llhttp.Request, requests)
        for start in range(0, len(octets), read):
            piece = octets[start : start + read]
            while piece:
                buffer = (ctypes.c_char * len(piece)).from_buffer_copy(piece)
                try:
                    taken = parser.execute(buffer)
                except self.llhttp.Error:
                    position = self.error_position(id(parser) + self.HEAD)
                    offset = start + position - ctypes.addressof(buffer) if position else None
                    return run(requests, {"status": None, "offset": offset})
                if parser.is_upgrading:
                    requests[-1]["upgrade"] = True
                    if parser.method == "CONNECT":
                        return run(requests)
                    parser.upgrade()
                start, piece = start + taken, piece[taken:]
        return run(requests)

    def limited(self, octets, read, limit):
        return None

    def response(self, octets):
        responses = []
        self.parser(self.llhttp.Response, responses).execute(octets)
        return bool(responses and responses[0]["complete"])

    def memory(self):
        return self.llhttp.Request.__basicsize__ - self.HEAD

    @staticmethod
    def parser(base, messages):
        """Joins the pieces in which names and values come."""

        def append(octets, new, piece):
            if not new:
                messages[-1]["in_pieces"] = True
            octets.extend(bytes(piece))

        class Parser(base):
            key = "fields"
            last = None

            def on_message_begin(self):
                messages.append(message())
                self.key, self.last = "fields", None

            def on_method(self, piece):
                messages[-1]["method"].extend(bytes(piece))

            def on_url(self, piece):
                append(messages[-1]["target"], self.last is None, piece)
                self.last = "target"

            def on_header_field(self, piece):
                new = self.last != "name"
                if new:
                    messages[-1][self.key].append(([], []))
                append(messages[-1][self.key][-1][0], new, piece)
                self.last = "name"

            def on_header_value(self, piece):
                append(messages[-1][self.key][-1][1], self.last != "value", piece)
                self.last = "value"

            def on_headers_complete(self):
                messages[-1]["upgrade"] = False
                self.key = "trailers"

            def on_body(self, piece):
                messages[-1]["content"].extend(bytes(piece))

            def on_message_complete(self):
                messages[-1]["keep_alive"] = self.should_keep_alive
                messages[-1]["complete"] = True

        return Parser()


class H11:
    def __init__(self):
        import h11

        self.h11 = h11

    def version(self):
        return self.h11.__version__

    def requests(self, octets, read):
        return self.serve(self.h11.Connection(self.h11.SERVER), octets, read)

    def limited(self, octets, read, limit):
        connection = self.h11.Connection(self.h11.SERVER, max_incomplete_event_size=limit)
        return self.serve(connection, octets, read)

    def response(self, octets):
        connection = self.h11.Connection(self.h11.CLIENT)
        connection.send(self.h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        connection.receive_data(octets)
        return isinstance(connection.next_event(), self.h11.Response)

    def memory(self):
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        self.requests(request, len(request))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        connection = self.h11.Connection(self.h11.SERVER)
        self.serve(connection, request, len(request))
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return kept

    def serve(self, connection, octets, read):
        requests = []
        for start in range(0, len(octets), read):
            connection.receive_data(octets[start : start + read])
            try:
                if not self.take(connection, requests):
                    break
            except self.h11.RemoteProtocolError as error:
                return run(requests, {"status": error.error_status_hint, "offset": None})
        return run(requests)

    def take(self, connection, requests):
        """Takes what there is, and says whether the connection goes on."""
        h11 = self.h11
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return True
            if isinstance(event, h11.Request):
                requests.append(message())
                requests[-1].update(
                    method=list(event.method),
                    target=list(event.target),
                    fields=pairs(event.headers),
                    expect_continue=connection.they_are_waiting_for_100_continue,
                )
            elif isinstance(event, h11.Data):
                requests[-1]["content"].extend(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                last = requests[-1]
                switches = connection.their_state is h11.MIGHT_SWITCH_PROTOCOL
                last.update(trailers=pairs(event.headers), upgrade=switches, complete=True)
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                last["keep_alive"] = connection.our_state is h11.DONE
                if not last["keep_alive"]:
                    return False
                connection.start_next_cycle()
            else:
                return False


def message():
    return {
        "method": [],
        "target": [],
        "fields": [],
        "content": [],
        "trailers": [],
        "keep_alive": None,
        "expect_continue": None,
        "upgrade": None,
        "complete": False,
        "in_pieces": False,
    }


def pairs(headers):
    return [(list(bytes(name)), list(bytes(value))) for name, value in headers]


def run(requests, refused=None):
    return {"requests": requests, "refused": refused}


def main():
    peer = {"llhttp": Llhttp, "h11": H11}[sys.argv[1]]()
    for line in sys.stdin:
        call = json.loads(line)
        name, octets, read = call["call"], bytes(call["octets"]), call["read"]
        if name in ("version", "memory"):
            answer = getattr(peer, name)()
        elif name == "response":
            answer = peer.response(octets)
        elif name == "limited":
            answer = peer.limited(octets, read, call["limit"])
        elif name == "time":
            start = time.process_time_ns()
            peer.requests(octets, read)
            answer = time.process_time_ns() - start
        else:
            answer = peer.requests(octets, read)
        print(json.dumps(answer), flush=True)


main()
