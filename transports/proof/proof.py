"""Code that the scripts share: a server to test, and one line for each check."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
TRANSPORTS = ["thread", "smol"]

# Seconds: longer than any step takes that works, on a busy machine.
PATIENCE = 30

# Whether the scripts may take minutes instead of their short form.
FULL = "--full" in sys.argv

# A stopped script stops the processes that it has started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))


def build():
    """Builds the command `h1events`, and returns its path."""
    command = ["cargo", "build", "--locked", "--release", "--bin", "h1events"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return str(TARGET / "release" / "h1events")


def binary():
    """Returns the path of `h1events`: the script's argument, or else a new build."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--full"]
    return arguments[0] if arguments else build()


def check(holds, what, detail=""):
    """Prints the check, and ends the script if it fails."""
    if not holds:
        sys.exit(f"FAILED  {what}\n{str(detail)[:5000]}".rstrip())
    # In one write, since several threads may check.
    sys.stdout.write(f"ok      {what}\n")
    sys.stdout.flush()


def wait_until(condition, what):
    """Returns the result of the condition as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"FAILED  waited {PATIENCE} s for {what}")
        time.sleep(0.02)
    return result


@contextlib.contextmanager
def child(command, **options):
    """Runs a process that ends with the block, at the latest."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Server:
    """A server, which runs or has run."""

    def __init__(self, transport, pid, log):
        self.transport = transport
        self.pid = pid
        self.file = log
        first = r"http://([\d.]+):(\d+) .*\n"
        found = wait_until(lambda: re.search(first, self.log()), "the server's address")
        self.host, self.port = found[1], int(found[2])
        self.url = f"http://{self.host}:{self.port}"

    def log(self):
        """Returns everything that it has written to stderr."""
        size = os.fstat(self.file.fileno()).st_size
        return os.pread(self.file.fileno(), size, 0).decode()


@contextlib.contextmanager
def serve(path, transport, *options):
    """Runs `h1events serve` on a free port of the loopback interface."""
    log = tempfile.TemporaryFile()
    command = [path, "serve", "--transport", transport, "--listen", "127.0.0.1:0", *options]
    with child(command, stderr=log) as process:
        server = Server(transport, process.pid, log)
        yield server
    if process.returncode != 0:
        # After any script, a signal has to end it gracefully.
        check(False, f"{transport}: the server ends with status 0", server.log())
