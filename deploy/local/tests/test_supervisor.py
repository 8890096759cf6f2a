from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from platform_local.errors import LocalPlatformError, NotReadyError
from platform_local.health import http_probe
from platform_local.orphans import end_orphans, find_orphans
from platform_local.paths import StackPaths
from platform_local.ports import free_server_ports
from platform_local.program import Program
from platform_local.readiness import wait_until_ready
from platform_local.supervisor import ProcessInfo, Supervisor
from testkit.waiting import eventually


def _web_server(name: str, port: int, folder: Path) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)),
        directory=folder,
        ready=http_probe(port, "/"),
        ports=(port,),
        environment={"COLOUR": "100% blue, \\ it's a#1;x=y"},
        start_seconds=30,
    )


def _wait(supervisor: Supervisor, programs: list[Program], paths: StackPaths) -> None:
    wait_until_ready(supervisor, programs, paths, on_waiting=lambda *_: None, on_ready=lambda _: None)


def _process(supervisor: Supervisor, name: str) -> ProcessInfo:
    return next(each for each in supervisor.processes() if each.name == name)


@pytest.fixture
def two(paths: StackPaths) -> list[Program]:
    ports = free_server_ports()
    return [_web_server("one", ports.redis, paths.home), _web_server("two", ports.kafka, paths.home)]


async def test_a_killed_program_comes_back_by_itself(
    supervisor: Supervisor, two: list[Program], paths: StackPaths
) -> None:
    supervisor.apply(two)
    supervisor.start(["one", "two"])
    _wait(supervisor, two, paths)
    before = _process(supervisor, "one").pid
    os.kill(before, signal.SIGKILL)
    await eventually(lambda: _process(supervisor, "one").pid not in {0, before} and two[0].ready() is None, 30)


async def test_only_a_changed_program_is_stopped_when_definitions_are_applied_again(
    supervisor: Supervisor, two: list[Program], paths: StackPaths
) -> None:
    supervisor.apply(two)
    supervisor.start(["one", "two"])
    _wait(supervisor, two, paths)
    untouched = _process(supervisor, "two").pid
    changed = [replace(two[0], environment={"COLOUR": "green"}), two[1]]
    assert supervisor.apply(changed) == ["one"]
    assert _process(supervisor, "one").state == "STOPPED"
    assert _process(supervisor, "two").pid == untouched
    assert supervisor.apply(changed) == []


def test_programs_get_their_environment_unharmed(supervisor: Supervisor, two: list[Program], paths: StackPaths) -> None:
    supervisor.apply(two)
    supervisor.start(["one"])
    _wait(supervisor, two[:1], paths)
    environment = Path(f"/proc/{_process(supervisor, 'one').pid}/environ").read_bytes().split(b"\0")
    assert b"COLOUR=100% blue, \\ it's a#1;x=y" in environment


def test_the_configuration_holds_secrets_and_is_private(
    supervisor: Supervisor, two: list[Program], paths: StackPaths
) -> None:
    supervisor.apply(two)
    assert (paths.run / "supervisord.conf").stat().st_mode & 0o777 == 0o600


def test_a_program_that_ends_at_once_is_told_with_its_log(supervisor: Supervisor, paths: StackPaths) -> None:
    program = Program(
        name="broken",
        command=(sys.executable, "-c", "raise SystemExit('no such table: plugins')"),
        directory=paths.home,
        ready=lambda: "no answer",
        start_seconds=60,
    )
    supervisor.apply([program])
    supervisor.start(["broken"])
    with pytest.raises(NotReadyError, match="broken does not stay up") as failure:
        _wait(supervisor, [program], paths)
    assert failure.value.log is not None
    assert "no such table: plugins" in failure.value.log.read_text()
    assert "S=broken" in failure.value.remedy


async def test_programs_of_a_killed_supervisor_are_found_and_ended(
    supervisor: Supervisor, two: list[Program], paths: StackPaths
) -> None:
    supervisor.apply(two)
    supervisor.start(["one", "two"])
    _wait(supervisor, two, paths)
    os.kill(int((paths.run / "supervisord.pid").read_text()), signal.SIGKILL)
    await eventually(lambda: not supervisor.is_running())
    assert end_orphans(paths.home) == 2
    assert find_orphans(paths.home) == []
    supervisor.apply(two)
    supervisor.start(["one"])
    _wait(supervisor, two[:1], paths)


def test_a_value_that_cannot_be_passed_is_refused_by_its_name(supervisor: Supervisor, two: list[Program]) -> None:
    with pytest.raises(LocalPlatformError, match="COLOUR of one"):
        supervisor.apply([replace(two[0], environment={"COLOUR": 'a "b"'})])


def test_a_home_that_is_too_deep_for_a_socket_is_told(paths: StackPaths) -> None:
    with pytest.raises(LocalPlatformError, match="too long"):
        Supervisor(StackPaths(home=paths.home / ("x" * 90), cache=paths.cache))


def test_stopping_is_side_by_side_and_complete(supervisor: Supervisor, two: list[Program], paths: StackPaths) -> None:
    supervisor.apply(two)
    supervisor.start(["one", "two"])
    _wait(supervisor, two, paths)
    supervisor.stop(["one", "two"])
    assert {each.pid for each in supervisor.processes()} == {0}
