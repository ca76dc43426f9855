#!/usr/bin/env -S python3 -B
"""wrk: many connections for some seconds, without an error. Needs: wrk."""

import re
import subprocess
import tempfile

from proof import PATIENCE, TRANSPORTS, binary, check, serve

SECONDS = 2

PIPELINE = """\
init = function(args)
  local requests = {}
  for i = 1, 16 do requests[i] = wrk.format() end
  all = table.concat(requests)
end
request = function() return all end
"""


def wrk(server, what, *arguments):
    command = ["wrk", "-t2", "-c64", f"-d{SECONDS}s", "--timeout", f"{PATIENCE}s", *arguments]
    run = subprocess.run([*command, server.url + "/"], capture_output=True, text=True,
                         timeout=SECONDS + PATIENCE)
    rate = re.search(r"Requests/sec: *([\d.]+)", run.stdout)
    is_fine = rate and float(rate[1]) > 0 and not re.search("Socket errors|Non-2xx", run.stdout)
    rate = f"{float(rate[1]):,.0f} requests/s" if rate else "no rate"
    check(is_fine and run.returncode == 0, f"wrk, {server.transport}: {what}: {rate}, no error",
          run.stdout + run.stderr)


def main():
    path = binary()
    for transport in TRANSPORTS:
        with serve(path, transport) as server, tempfile.NamedTemporaryFile("w") as script:
            script.write(PIPELINE)
            script.flush()
            wrk(server, "one request at a time")
            wrk(server, "sixteen pipelined", "-s", script.name)
            wrk(server, "a connection for each request", "-H", "Connection: close")


main()
