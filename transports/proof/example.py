"""The examples of the transports, run from a clone."""

import contextlib
import os
import re
import subprocess
import tempfile

from proof import REPOSITORY, TARGET, child, wait_until


def build(*names):
    """Builds the examples."""
    command = ["cargo", "build", "--locked", "--release", "--workspace", "--all-features"]
    for name in names:
        command += ["--example", name]
    subprocess.run(command, cwd=REPOSITORY, check=True)


@contextlib.contextmanager
def run(name, *arguments):
    """Runs an example, and yields its address."""
    with tempfile.TemporaryFile() as output:
        with child([TARGET / "release" / "examples" / name, *arguments], stdout=output):
            said = lambda: re.search(rb"http://(\S+)/\n", os.pread(output.fileno(), 1000, 0))
            yield wait_until(said, f"{name} to listen")[1].decode()
