"""Brings the whole platform up, step by step; every step may be repeated."""

from __future__ import annotations

import compileall
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from platform_local.board import Board
from platform_local.errors import PortTakenError
from platform_local.jars import download_jars, missing_jars
from platform_local.orphans import end_orphans
from platform_local.paths import stack_paths
from platform_local.ports import HOST, gateway_port, is_listening, listener_of, server_ports
from platform_local.preparation import (
    Step,
    ensure_database,
    is_prepared,
    mark_prepared,
    server_side_steps,
)
from platform_local.program import Program
from platform_local.programs import COMPONENTS, Component
from platform_local.readiness import wait_until_ready
from platform_local.seed import credentials_file, ensure_first_accounts
from platform_local.servers.all import RECIPES, jars_of, prepare_servers
from platform_local.stack import Stack, chosen_components, open_stack, service_programs, service_user_note
from platform_local.supervisor import Supervisor

T = TypeVar("T")


def bring_up(console: Console, only: Sequence[str] = ()) -> None:
    """Start what does not run, prepare what is not prepared, wait for health and say how to go on.

    Parameters
    ----------
    only
        Names of components; all where it is empty.

    Raises
    ------
    LocalPlatformError
        At the first thing that stands in the way. Running it again goes on from there.
    """
    for setting in (stack_paths, server_ports, gateway_port):
        setting()  # a wrong one is told before anything is done
    components = chosen_components(only)
    with Board(console) as board:
        stack = _step(board, "folders and secrets", "making", open_stack, lambda stack: str(stack.context.paths.home))
        _download(board, stack)
        servers = _step(
            board,
            "servers' data",
            "preparing",
            lambda: prepare_servers(stack.context, RECIPES),
            lambda _: "prepared",
        )
        services = service_programs(stack, components)
        supervisor = Supervisor(stack.context.paths)
        _take_over(board, stack, supervisor, [*servers, *services])
        _start(board, stack, supervisor, servers)
        prepared = is_prepared(stack.workshop)
        if not prepared:
            _prepare(board, stack, components)
        _start(board, stack, supervisor, services)
        if not prepared and any(each.package == "auth" for each in components):
            _step(board, "first accounts", "making", lambda: ensure_first_accounts(stack.workshop), str)
        if len(components) == len(COMPONENTS):
            mark_prepared(stack.workshop)
    _say_how_to_go_on(console, stack, components)


def _download(board: Board, stack: Stack) -> None:
    cache = stack.context.paths.cache
    missing = missing_jars(jars_of(RECIPES), cache)
    if missing:
        names = ", ".join(f"{each.server} {each.version}" for each in missing)
        _step(board, "downloads", f"{names} from Maven Central", lambda: download_jars(missing, cache), lambda _: names)


def _take_over(board: Board, stack: Stack, supervisor: Supervisor, programs: Sequence[Program]) -> None:
    """Give the programs to the supervisor; before that, be sure that no port belongs to somebody else."""
    if not supervisor.is_running():
        ended = end_orphans(stack.context.paths.home)
        if ended:
            board.begin("orphans", "ending programs of a killed supervisor")
            board.done("orphans", f"ended {ended}")
    running = {each.name for each in supervisor.processes() if each.pid}
    for program in programs:
        for port in program.ports if program.name not in running else ():
            if is_listening(port):
                raise PortTakenError(
                    f"Port {port} of {program.name} is taken by {listener_of(port)}.",
                    remedy=_port_remedy(program.name),
                )
    changed = supervisor.apply(programs)
    if changed:
        board.begin("changed programs", ", ".join(changed))
        board.done("changed programs", ", ".join(changed))


def _port_remedy(name: str) -> str:
    if name == "gateway":
        return "Stop that program, or choose another port: make up GATEWAY_PORT=8090"
    return "Stop that program, or move all ports: make up PLATFORM_PORT_OFFSET=1000"


def _start(board: Board, stack: Stack, supervisor: Supervisor, programs: Sequence[Program]) -> None:
    """Start the programs that do not run and wait for all."""
    running = {each.name for each in supervisor.processes() if each.state == "RUNNING"}
    for program in programs:
        board.begin(program.name, "looking" if program.name in running else "starting")
    supervisor.start([program.name for program in programs])
    ports = {program.name: ", ".join(map(str, program.ports)) for program in programs}
    wait_until_ready(
        supervisor,
        programs,
        stack.context.paths,
        on_waiting=board.says,
        on_ready=lambda name: board.done(name, f"ready on {HOST}:{ports[name]}"),
    )


def _prepare(board: Board, stack: Stack, components: Iterable[Component]) -> None:
    _step(board, "database", "roles and schemas", lambda: ensure_database(stack.context), lambda text: text)
    root = stack.workshop.root
    _compile([root / "libs", *(root / component.folder for component in components)])
    with ThreadPoolExecutor() as pool:

        def run(step: Step) -> None:
            _step(board, step.name, "running", step.run, lambda text: text)

        for _ in pool.map(run, server_side_steps(stack.workshop, components)):
            pass


def _compile(folders: Iterable[Path]) -> None:
    """Byte-compile our sources once, since the services' user may not write beside them."""
    for folder in folders:
        compileall.compile_dir(folder, quiet=2, maxlevels=8)


def _step(board: Board, name: str, doing: str, work: Callable[[], T], tell: Callable[[T], str]) -> T:
    board.begin(name, doing)
    result = work()
    board.done(name, tell(result))
    return result


def _say_how_to_go_on(console: Console, stack: Stack, components: Sequence[Component]) -> None:
    note = service_user_note(stack)
    if note:
        console.print(f"[dim]note: {note}[/]", soft_wrap=True)
    if any(component.package == "gateway" for component in components):
        url = f"http://{HOST}:{gateway_port()}"
        console.print(f"\n[bold green]The platform is up[/]\n  gateway   [bold]{url}[/]\n  API docs  {url}/docs")
    home = stack.context.paths.home
    console.print(
        f"  sign in   credentials of the administrator and the reviewer: {credentials_file(home)}", soft_wrap=True
    )
    console.print("            POST /api/v1/auth/login with one of them, or /api/v1/auth/register")
    console.print("  next      make status · make logs S=installs · make mails · make demo · make down")
