"""``python -m testkit.stack``: all servers for several test runs, until told to stop.

It starts the servers side by side, writes their addresses to a file and holds them until SIGTERM, SIGINT or (with
``--until-stdin-closes``) the end of its standard input. Test runs attach to them by
``PLATFORM_TEST_SERVERS=<file>``.
"""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import sys
import time
from pathlib import Path

from platform_local.errors import LocalPlatformError
from platform_local.messages import print_error
from testkit.providers import start_servers
from testkit.servers import KINDS, write_servers


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    stop_requested, wake = os.pipe()
    # A byte in a pipe instead of an exception: a start that is under way ends in order, then everything stops.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(wake, b"."))
    started_at = time.monotonic()
    try:
        servers = start_servers(options.kinds)
    except LocalPlatformError as error:
        print_error(error)
        return 1
    try:
        write_servers(options.out, servers.addresses)
        seconds = time.monotonic() - started_at
        print(f"test servers ({servers.provider}) ready in {seconds:.1f} s: {options.out}", flush=True)
        _hold(stop_requested, until_stdin_closes=options.until_stdin_closes)
    finally:
        options.out.unlink(missing_ok=True)
        servers.stop()
    return 0


def _hold(stop_requested: int, *, until_stdin_closes: bool) -> None:
    with selectors.DefaultSelector() as waiting:
        waiting.register(stop_requested, selectors.EVENT_READ)
        if until_stdin_closes:
            waiting.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj == stop_requested or not os.read(sys.stdin.fileno(), 4096):
                    return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m testkit.stack", description="Servers for test runs.")
    parser.add_argument("--out", type=Path, required=True, help="file that receives the servers' addresses (JSON)")
    parser.add_argument(
        "--kinds",
        type=lambda text: text.split(","),
        default=list(KINDS),
        help=f"comma-separated: {','.join(KINDS)}",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="also stop when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
