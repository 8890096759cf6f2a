"""``python -m testkit.run [pytest arguments]``: all tests on one set of servers, and nothing left behind.

The servers are started side by side, pytest attaches to them, and they are stopped with it, however it ends: by
itself, by Ctrl-C, by SIGTERM. When even this process is killed, the kernel ends the servers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from platform_local.errors import LocalPlatformError
from platform_local.messages import print_error
from testkit.providers import StartedServers, start_servers
from testkit.servers import ENVIRONMENT_VARIABLE, KINDS, write_servers


class _InterruptedError(Exception):
    """A signal asked this run to end."""


def main(arguments: list[str]) -> int:
    """Run pytest and return its exit status; 1 where the servers do not start, 130 when interrupted before."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)
    if os.environ.get(ENVIRONMENT_VARIABLE):
        return _pytest(arguments, dict(os.environ))
    started_at = time.monotonic()
    servers: StartedServers | None = None
    try:
        print("starting test servers", flush=True)
        servers = start_servers(KINDS)
        print(f"test servers by {servers.provider}, ready in {time.monotonic() - started_at:.1f} s", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "servers.json"
            write_servers(file, servers.addresses)
            return _pytest(arguments, {**os.environ, ENVIRONMENT_VARIABLE: str(file)})
    except LocalPlatformError as error:
        print_error(error)
        return 1
    except _InterruptedError:
        return 130
    finally:
        if servers is not None:
            servers.stop()


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest as a child that gets every signal, and wait for it in any case."""
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment) as process:

        def pass_on(number: int, _: FrameType | None) -> None:
            # Ctrl-C reaches the whole terminal group by itself; a second one would cut pytest's clean-up short.
            if number != signal.SIGINT or not sys.stdin.isatty():
                process.send_signal(signal.SIGINT)

        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, pass_on)
        return process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _InterruptedError


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
