from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_local.paths import StackPaths
from platform_local.supervisor import Supervisor


@pytest.fixture
def paths() -> Iterator[StackPaths]:
    """A stack's folders, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="platform-local-test-") as folder:
        Path(folder).chmod(0o755)
        yield StackPaths(home=Path(folder), cache=Path(folder) / "cache")


@pytest.fixture
def supervisor(paths: StackPaths) -> Iterator[Supervisor]:
    """A supervisor that is ended with the test."""
    supervisor = Supervisor(paths)
    try:
        yield supervisor
    finally:
        if supervisor.is_running():
            supervisor.stop([each.name for each in supervisor.processes()])
            supervisor.shutdown()
