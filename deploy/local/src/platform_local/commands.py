"""The commands besides `up`: logs, restart, down, reset."""

from __future__ import annotations

import os
import shutil
import sys

from rich.console import Console

from platform_local.errors import LocalPlatformError, NotRunningError
from platform_local.orphans import end_orphans
from platform_local.paths import stack_paths
from platform_local.readiness import wait_until_ready
from platform_local.servers.all import RECIPES
from platform_local.stack import open_stack, probed_programs
from platform_local.supervisor import Supervisor


def show_logs(which: str) -> None:
    """Replace this process by ``tail`` on the logs of a program or of all roles of a component.

    On a terminal it follows them until interrupted; otherwise it prints the last lines.

    Raises
    ------
    LocalPlatformError
        Where no log fits the name.
    """
    paths = stack_paths()
    logs = sorted(paths.logs.glob("*.log")) if paths.logs.exists() else []
    chosen = [str(log) for log in logs if _fits(log.stem, which)]
    if not chosen:
        names = ", ".join(log.stem for log in logs) or "none yet"
        raise LocalPlatformError(f"There is no log of {which!r}.", remedy=f"Logs: {names}.")
    follow = ["-F"] if sys.stdout.isatty() else []
    os.execvp("tail", ["tail", "-n", "100", *follow, *chosen])  # noqa: S606 - no shell is wanted


def restart(console: Console, which: str) -> None:
    """Restart a program, or all roles of a component, or everything where no name is given, and wait for health.

    Raises
    ------
    LocalPlatformError
        Where nothing runs, no program fits the name, or one does not become ready.
    """
    supervisor = _running_supervisor()
    chosen = [each.name for each in supervisor.processes() if _fits(each.name, which)]
    if not chosen:
        names = ", ".join(each.name for each in supervisor.processes())
        raise LocalPlatformError(f"There is no program {which!r}.", remedy=f"Programs: {names}.")
    stack = open_stack()
    programs = [program for program in probed_programs(stack) if program.name in chosen]
    supervisor.stop(chosen)
    supervisor.start(chosen)
    with console.status(f"waiting for {', '.join(chosen)}"):
        wait_until_ready(
            supervisor,
            programs,
            stack.context.paths,
            on_waiting=lambda *_: None,
            on_ready=lambda name: console.print(f"restarted {name}"),
        )


def bring_down(console: Console) -> None:
    """Stop services, then servers, then the supervisor. Data stays."""
    paths = stack_paths()
    supervisor = Supervisor(paths)
    if not supervisor.is_running():
        ended = end_orphans(paths.home)
        console.print(f"ended {ended} orphaned programs" if ended else "The platform is not running.")
        return
    names = [each.name for each in supervisor.processes()]
    with console.status("stopping services"):
        supervisor.stop([name for name in names if name not in RECIPES])
    with console.status("stopping servers"):
        supervisor.stop([name for name in names if name in RECIPES])
        supervisor.shutdown()
    console.print(f"The platform is down. Its data stays in {paths.home}.", soft_wrap=True)


def reset(console: Console, *, sure: bool) -> None:
    """Stop everything and delete the stack's home: data, logs and secrets. Downloads stay.

    Raises
    ------
    LocalPlatformError
        Where nobody can be asked and ``YES=1`` is not said.
    """
    paths = stack_paths()
    if not sure:
        if not sys.stdin.isatty():
            raise LocalPlatformError(
                f"This would delete {paths.home} with all data.", remedy="Say so with: make reset YES=1"
            )
        if input(f"Delete {paths.home} with all data? [y/N] ").strip().lower() not in {"y", "yes"}:
            console.print("Nothing was deleted.")
            return
    bring_down(console)
    shutil.rmtree(paths.home, ignore_errors=True)
    console.print(f"{paths.home} is deleted.", soft_wrap=True)


def _running_supervisor() -> Supervisor:
    supervisor = Supervisor(stack_paths())
    if not supervisor.is_running():
        raise NotRunningError("The platform is not running.", remedy="Start it with: make up")
    return supervisor


def _fits(name: str, which: str) -> bool:
    return not which or name == which or name.startswith(f"{which}-")
