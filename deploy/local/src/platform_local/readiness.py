"""Waits until programs under the supervisor do their work, and notices early that one will not."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from platform_local.errors import NotReadyError
from platform_local.paths import StackPaths
from platform_local.program import Program
from platform_local.supervisor import Supervisor

_POLL_SECONDS = 0.25
_STARTS_BEFORE_GIVING_UP = 4


def wait_until_ready(
    supervisor: Supervisor,
    programs: Sequence[Program],
    paths: StackPaths,
    *,
    on_waiting: Callable[[str, str], None],
    on_ready: Callable[[str], None],
) -> None:
    """Wait for every program's own probe.

    Parameters
    ----------
    on_waiting
        Called with a program's name and the reason why it is not ready yet.
    on_ready
        Called once per program.

    Raises
    ------
    NotReadyError
        Where a program gives up, ends again and again, or takes too long.
    """
    started_at = time.monotonic()
    starts: dict[str, set[int]] = defaultdict(set)
    waiting = {program.name: program for program in programs}
    with ThreadPoolExecutor(max_workers=8) as pool:
        while waiting:
            reasons = pool.map(lambda program: program.ready(), list(waiting.values()))
            states = {each.name: each for each in supervisor.processes()}
            for program, reason in zip(list(waiting.values()), reasons, strict=True):
                info = states.get(program.name)
                if reason is None and info is not None and info.pid:
                    del waiting[program.name]
                    on_ready(program.name)
                    continue
                on_waiting(program.name, reason or "starting")
                if info is not None:
                    starts[program.name].add(info.started_at)
                gave_up = info is None or info.state in {"FATAL", "STOPPED", "UNKNOWN"}
                if gave_up or len(starts[program.name]) >= _STARTS_BEFORE_GIVING_UP:
                    raise NotReadyError(
                        f"{program.name} does not stay up: it ended right after its start.",
                        remedy=_remedy(program),
                        log=paths.log(program.name),
                    )
                if time.monotonic() - started_at > program.start_seconds:
                    raise NotReadyError(
                        f"{program.name} is not ready after {program.start_seconds} s: {reason}.",
                        remedy=_remedy(program),
                        log=paths.log(program.name),
                    )
            if waiting:
                time.sleep(_POLL_SECONDS)


def _remedy(program: Program) -> str:
    return f"Mend what the log says (`make logs S={program.name}`), then run `make up` again: it goes on from here."
