"""nginx and HAProxy, in front of a server."""

import contextlib
import pathlib
import shutil
import socket
import tempfile

from proof import HERE, check, child, wait_until

PROXIES = {
    "nginx": ("nginx.conf", lambda file: ["nginx", "-e", "stderr", "-c", file]),
    "haproxy": ("haproxy.cfg", lambda file: ["haproxy", "-db", "-f", file]),
}

# Seconds that a proxy waits for a request that never ends.
PROXY_PATIENCE = 4


@contextlib.contextmanager
def running(name, backend):
    """Runs the proxy in front of the backend, and yields the path of its socket, and its port."""
    template, command = PROXIES[name]
    with tempfile.TemporaryDirectory() as folder:
        config = (HERE / "proxy" / template).read_text()
        values = {"DIR": folder, "BACKEND": backend, "PATIENCE": f"{PROXY_PATIENCE}s"}
        values["PORT"] = port = free_port()
        for key, value in values.items():
            config = config.replace(f"@{key}@", str(value))
        file = pathlib.Path(folder, template)
        file.write_text(config)
        path = f"{folder}/socket"
        with open(f"{folder}/output", "w+b") as output:
            program, *arguments = command(str(file))
            # In Debian, both are in a folder that only root has in its path.
            program = shutil.which(program) or f"/usr/sbin/{program}"
            with child([program, *arguments], stdout=output, stderr=output) as process:
                wait_until(lambda: accepts(path) or process.poll() is not None, f"{name} to listen")
                said = pathlib.Path(folder, "output").read_text()
                if process.poll() is not None:
                    check(False, f"{name} runs", said)
                yield path, port


def accepts(path):
    with socket.socket(socket.AF_UNIX) as stream:
        return stream.connect_ex(path) == 0


def free_port():
    """Returns a port that was free a moment ago, since HAProxy doesn't report a port that the system chose."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def ways(server):
    """Yields all ways to the server: names and ports."""
    with contextlib.ExitStack() as stack:
        ports = {"directly": server.port}
        for name in PROXIES:
            _, port = stack.enter_context(running(name, f"{server.host}:{server.port}"))
            ports[f"through {name}"] = port
        yield ports
