"""The commands besides `up`: logs, restart, stop, start, events, down, reset."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import NoReturn

from rich.console import Console

from platform_local.errors import LocalPlatformError, NotRunningError
from platform_local.orphans import end_orphans
from platform_local.paths import stack_paths
from platform_local.programs import COMPONENTS, component_environment
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
    chosen = _chosen(supervisor, which)
    supervisor.stop(chosen)
    _start(console, supervisor, chosen, told="restarted")


def stop(console: Console, which: str) -> None:
    """Stop a program or all roles of a component; `start` brings it back, and so does ``make up``.

    Raises
    ------
    LocalPlatformError
        Where nothing runs, no program fits the name, or one does not end.
    """
    supervisor = _running_supervisor()
    chosen = _chosen(supervisor, which)
    supervisor.stop(chosen)
    for name in chosen:
        console.print(f"stopped {name}")


def start(console: Console, which: str) -> None:
    """Start a program or all roles of a component, and wait for health; what runs already is left alone.

    Raises
    ------
    LocalPlatformError
        Where nothing runs, no program fits the name, or one does not become ready.
    """
    supervisor = _running_supervisor()
    _start(console, supervisor, _chosen(supervisor, which), told="started")


def look_after_events(which: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by ``python -m <service> events …`` with the service's settings in this stack.

    Raises
    ------
    LocalPlatformError
        Where there is no such service.
    """
    services = {component.name: component for component in COMPONENTS if component.package != "gateway"}
    component = services.get(which)
    if component is None:
        raise LocalPlatformError(f"There is no service {which!r}.", remedy=f"Services: {', '.join(services)}.")
    environment = {**os.environ, **component_environment(component, open_stack().context)}
    command = [sys.executable, "-m", component.package, "events", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is wanted


def _chosen(supervisor: Supervisor, which: str) -> list[str]:
    names = [each.name for each in supervisor.processes()]
    chosen = [name for name in names if _fits(name, which)]
    if not chosen:
        raise LocalPlatformError(f"There is no program {which!r}.", remedy=f"Programs: {', '.join(names)}.")
    return chosen


def _start(console: Console, supervisor: Supervisor, chosen: list[str], *, told: str) -> None:
    stack = open_stack()
    programs = [program for program in probed_programs(stack) if program.name in chosen]
    supervisor.start(chosen)
    with console.status(f"waiting for {', '.join(chosen)}"):
        wait_until_ready(
            supervisor,
            programs,
            stack.context.paths,
            on_waiting=lambda *_: None,
            on_ready=lambda name: console.print(f"{told} {name}"),
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
    # A component of one role has no role in its name; it is found by either.
    return not which or which in {name, f"{name}-work"} or name.startswith(f"{which}-")
