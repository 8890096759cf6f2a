"""``python -m bench events``: starts servers of its own, measures, prints a table, and leaves nothing behind."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bench import events, sign_in, sign_in_timing
from bench.report import Report
from platform_local.errors import LocalPlatformError
from platform_local.messages import print_error
from testkit.providers import start_servers

BENCHMARKS = {"events": events, "sign-in": sign_in, "sign-in-timing": sign_in_timing}


def main() -> int:
    """Run one benchmark; 1 where a figure misses its target or the servers do not start."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--scale", type=float, default=1.0, help="of the full size; 0.1 is a quick look")
    arguments = parser.parse_args()
    benchmark: Any = BENCHMARKS[arguments.name]
    report = Report()
    try:
        servers = start_servers(benchmark.SERVERS)
    except LocalPlatformError as error:
        print_error(error)
        return 1
    try:
        benchmark.run(servers.addresses, report, scale=arguments.scale)
    finally:
        servers.stop()
    report.print()
    return 0 if report.all_met else 1


if __name__ == "__main__":
    sys.exit(main())
