from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from platform_local.paths import StackPaths
from platform_local.ports import HOST, ServerPorts, is_listening


def _platform(*arguments: str, paths: StackPaths, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PLATFORM_DATA_DIR": str(paths.home), **variables}
    environment.pop("STACK", None)
    return subprocess.run(
        [sys.executable, "-m", "platform_local.cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )


@pytest.fixture
def offset() -> str:
    """A distance from the fixed ports at which nothing listens: the stack of this test.

    Small enough to stay below the ports that other tests' servers take.
    """
    for distance in random.sample(range(320, 690), k=100):
        ports = asdict(ServerPorts().shifted(distance))
        if not any(is_listening(port) for port in ports.values()):
            return str(distance)
    raise AssertionError("no free distance")


def test_up_status_logs_restart_down_and_reset_of_the_servers(paths: StackPaths, offset: str) -> None:
    variables = {"PLATFORM_PORT_OFFSET": offset}
    up = _platform("up", "--only", "servers", paths=paths, **variables)
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        for server in ("postgres", "redis", "kafka", "opensearch", "s3"):
            assert f"✓ {server}: ready" in up.stdout
        assert "credentials.txt" in up.stdout
        status = _platform("status", paths=paths, **variables)
        assert status.returncode == 0
        assert status.stdout.count("RUNNING") == 5
        assert "sum" in status.stdout
        again = _platform("up", "--only", "servers", paths=paths, **variables)
        assert again.returncode == 0, again.stdout + again.stderr
        logs = _platform("logs", "postgres", paths=paths)
        assert "ready to accept connections" in logs.stdout
        restart = _platform("restart", "redis", paths=paths, **variables)
        assert "restarted redis" in restart.stdout
        assert "stopped redis" in _platform("stop", "redis", paths=paths, **variables).stdout
        assert "started redis" in _platform("start", "redis", paths=paths, **variables).stdout
        outbox = _platform("events", "publishing", "outbox", paths=paths, **variables)
        assert outbox.returncode == 1
        assert "Traceback" not in outbox.stderr
    finally:
        down = _platform("down", paths=paths)
    assert down.returncode == 0, down.stdout + down.stderr
    assert (paths.data("postgres") / "PG_VERSION").exists()
    refused = _platform("reset", paths=paths)
    assert refused.returncode == 1
    assert "make reset YES=1" in refused.stderr
    assert _platform("reset", "--yes", paths=paths).returncode == 0
    assert not paths.data("postgres").exists()


def test_a_taken_port_is_told_with_its_holder_and_the_way_out(paths: StackPaths, offset: str) -> None:
    with socket.create_server((HOST, 16379 + int(offset))):
        result = _platform("up", "--only", "servers", paths=paths, PLATFORM_PORT_OFFSET=offset)
    assert result.returncode == 1
    assert f"Port {16379 + int(offset)} of redis is taken by" in result.stderr
    assert f"(pid {os.getpid()})" in result.stderr
    assert "PLATFORM_PORT_OFFSET" in result.stderr
    assert _platform("status", paths=paths).stdout.startswith("The platform is not running")


def test_a_missing_tool_is_told_by_name_with_the_package_to_install(paths: StackPaths, tmp_path: Path) -> None:
    result = _platform(
        "up", "--only", "servers", paths=paths, PATH=str(tmp_path), PLATFORM_CACHE_DIR=str(tmp_path / "c")
    )
    assert result.returncode == 1
    assert "Maven (mvn) is not installed" in result.stderr
    assert "apt-get install maven" in result.stderr


def test_a_server_that_cannot_start_is_told_with_the_last_lines_of_its_log(paths: StackPaths, offset: str) -> None:
    broken = paths.data("redis") / "appendonlydir" / "appendonly.aof.manifest"
    broken.parent.mkdir(parents=True)
    broken.write_text("this is no manifest\n")
    result = _platform("up", "--only", "servers", paths=paths, PLATFORM_PORT_OFFSET=offset)
    _platform("down", paths=paths)
    assert result.returncode == 1
    assert "redis does not stay up" in result.stderr
    assert "│" in result.stderr
    assert "manifest" in result.stderr
    assert "make logs S=redis" in result.stderr


def test_unknown_components_and_programs_are_told_with_the_known_ones(paths: StackPaths) -> None:
    assert "There are auth, catalog" in _platform("up", "--only", "billing", paths=paths).stderr
    assert "There is no log of 'billing'" in _platform("logs", "billing", paths=paths).stderr
    assert "make up" in _platform("restart", "auth", paths=paths).stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GATEWAY_PORT": "http"}, "GATEWAY_PORT='http' is no port number"),
        ({"GATEWAY_PORT": "99999"}, "GATEWAY_PORT='99999' is no port number"),
        ({"PLATFORM_STACK": "../x", "PLATFORM_DATA_DIR": ""}, "PLATFORM_STACK='../x' is no stack name"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(paths: StackPaths, variables: dict[str, str], message: str) -> None:
    environment = {**os.environ, "PLATFORM_DATA_DIR": str(paths.home), **variables}
    result = subprocess.run(
        [sys.executable, "-m", "platform_local.cli", "up"], check=False, capture_output=True, text=True, env=environment
    )
    assert result.returncode == 1
    assert message in result.stderr
