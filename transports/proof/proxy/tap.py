"""Records the bytes between a proxy and the server."""

import contextlib
import re
import socket
import threading

MARK = re.compile(rb"\r\nX-Proof: ([0-9a-f-]{32,36})\r\n", re.IGNORECASE)
ANSWER = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ")


class Connection:
    """One connection of the proxy to the server."""

    def __init__(self):
        self.sent = bytearray()
        self.received = bytearray()

    def marks(self):
        """Returns the marks of the requests that the proxy has sent, in order."""
        return [mark.decode() for mark in MARK.findall(self.sent)]

    def statuses(self):
        """Returns the marks of the server's final answers."""
        return [int(status) for status in ANSWER.findall(self.received)]


class Tap:
    """Listens in the server's place, and forwards all bytes."""

    def __init__(self, server):
        self.server = (server.host, server.port)
        self.connections = []
        self.threads = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.listener.getsockname())
        self.start(self.accept)
        return self

    def __exit__(self, *_):
        # This wakes the thread that accepts; a close alone wouldn't.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def start(self, work, *arguments):
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                proxy, _ = self.listener.accept()
                server = socket.create_connection(self.server)
                for stream in proxy, server:
                    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection()
                self.connections.append(connection)
                self.start(self.copy, proxy, server, connection.sent)
                self.start(self.copy, server, proxy, connection.received)

    @staticmethod
    def copy(source, sink, record):
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                record += block
                sink.sendall(block)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
