"""`python -m demo`: publish, review, search, install, configure and run real plugins through the gateway."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from rich.console import Console

from demo.api.browsing import BrowsingApi
from demo.api.caller import Caller
from demo.api.retrying import RetryPolicy
from demo.catalogue import catalogue
from demo.errors import DemoError, PlatformUnreachableError
from demo.journey.activate import activate
from demo.journey.browse import browse
from demo.journey.claim import claim
from demo.journey.download import download
from demo.journey.install import InstallCounts, install
from demo.journey.judge import judge
from demo.journey.leave import settle, uninstall
from demo.journey.manage import manage
from demo.journey.publish import publish
from demo.journey.review import review
from demo.journey.stage import Stage
from demo.measurements import Findings
from demo.people import Accounts, People, read_reviewer
from demo.preparation import prepare
from demo.progress import Steps
from demo.report import print_report
from platform_local.errors import LocalPlatformError
from platform_local.paths import stack_paths
from platform_local.ports import HOST, gateway_port
from platform_local.seed import credentials_file

_FIRST_CALL_SECONDS = 5.0
"""A platform that is up answers at once; later calls are given the time of a restart."""

_INTERRUPTED = 130


async def run(console: Console, *, gateway_url: str, packages: int) -> None:
    """Make the whole journey and print the report.

    Parameters
    ----------
    console
        Where progress and report appear.
    gateway_url
        The gateway's address.
    packages
        How many npm packages take part, from the beginning of the catalogue.

    Raises
    ------
    DemoError
        Something is not as it must be. Running again is safe at any time: what is there already is found.
    """
    begun = time.monotonic()
    home = stack_paths().home
    await _check_platform(gateway_url)
    reviewer = read_reviewer(Path(os.environ.get("DEMO_CREDENTIALS") or credentials_file(home)))
    accounts = Accounts(home / "demo", gateway_url)
    accounts.load()
    async with People(gateway_url) as people:
        with Steps(console) as steps:
            plugins = await prepare(catalogue()[:packages], steps)
            stage = Stage(plugins, people, accounts, reviewer, steps)
            await _journey(stage)
    _conclude(stage.findings)
    print_report(console, stage.findings)
    console.print(f"Done in {time.monotonic() - begun:.0f} s. Browse on: {gateway_url}/docs", highlight=False)


async def _journey(stage: Stage) -> None:
    counts = InstallCounts()
    await review(stage, await publish(stage))
    await browse(stage)
    await install(stage, counts)
    await manage(stage)
    await claim(stage, counts)
    await judge(stage)
    await download(stage)
    await activate(stage)
    await uninstall(stage, counts)
    await settle(stage, counts)


async def _check_platform(gateway_url: str) -> None:
    async with Caller(gateway_url, RetryPolicy(total_seconds=_FIRST_CALL_SECONDS)) as caller:
        try:
            await BrowsingApi(caller).categories()
        except PlatformUnreachableError as error:
            raise PlatformUnreachableError(
                f"The platform does not answer at {gateway_url}.", remedy="Start it: run `make up`."
            ) from error


def _conclude(findings: Findings) -> None:
    if not findings.searchable.seconds:
        findings.notes.append(
            "An earlier run published everything: nothing was left to approve, so that this time is not measured."
        )


def _first_cause(error: BaseException) -> BaseException:
    """Give the first error of a group of tasks that failed together."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument(
        "--gateway", default=f"http://{HOST}:{gateway_port()}", help="address of the gateway (default: %(default)s)"
    )
    parser.add_argument(
        "--packages", type=int, default=len(catalogue()), help="how many npm packages take part (default: all)"
    )
    return parser.parse_args()


def main() -> int:
    """Run the demo; the exit code is 0 where the whole journey was made."""
    arguments = _arguments()
    console = Console()
    try:
        asyncio.run(run(console, gateway_url=arguments.gateway, packages=max(arguments.packages, 1)))
    except KeyboardInterrupt:
        console.print("Interrupted. Run the demo again: it goes on where it was.")
        return _INTERRUPTED
    except (DemoError, LocalPlatformError, BaseExceptionGroup) as error:
        cause = _first_cause(error)
        if not isinstance(cause, DemoError | LocalPlatformError):
            raise
        console.print(f"{cause.what}\n{cause.remedy}", style="bold", highlight=False, markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
