"""A client of the proxy that sends arbitrary bytes."""

import re
import socket

HEAD = re.compile(rb"HTTP/1\.[01] (\d\d\d)[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n")
FIELD = re.compile(rb"\r\n([^:\r\n]+): *([^\r\n]*)")


class Answer:
    def __init__(self, received, head):
        fields = {name.lower(): value for name, value in FIELD.findall(head[0])}
        self.status = int(head[1])
        # The mark of the request that the proxy forwarded; empty if the proxy answered by itself.
        self.mark = fields.get(b"x-proof", b"").decode()
        self.length = int(fields.get(b"content-length", b"0"))
        self.content = bytes(received[head.end():head.end() + self.length])


class Client:
    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.received = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, content):
        try:
            self.socket.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # A proxy or server that refuses may close; its answer can still be read.

    def read_until(self, content):
        """Reads until this content has come, or to the end. Returns whether it has come."""
        try:
            while not self.received.endswith(content):
                block = self.socket.recv(65536)
                if not block:
                    return False
                self.received += block
        except (ConnectionResetError, TimeoutError):
            return False
        return True

    def answers(self):
        """Returns all final answers, in order."""
        answers = [Answer(self.received, head) for head in HEAD.finditer(self.received)]
        return [answer for answer in answers if answer.status >= 200]


def post(path, content):
    head = f"POST {path} HTTP/1.1\r\nHost: proof\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content
