"""What is left when a test run ends, however it ends: nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from testkit.local_servers import LocalServers, remove_abandoned_folders
from testkit.servers import Redis, read_servers
from testkit.waiting import eventually


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A temporary folder of the child's own, so that its leftovers are told from a neighbour's."""
    folder = Path(tempfile.mkdtemp(prefix="tk-", dir=tempfile.gettempdir()))
    folder.chmod(0o711)
    own = {**os.environ, "TMPDIR": str(folder)}
    own.pop("PLATFORM_TEST_SERVERS", None)
    (tmp_path / "folder").symlink_to(folder)
    yield own
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stack(tmp_path: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    out = tmp_path / "servers.json"
    command = [sys.executable, "-m", "testkit.stack", "--kinds", "redis", "--out", str(out), "--until-stdin-closes"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _folders(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "folder").resolve().glob("plugin-platform-test-*"))


async def _ready_url(tmp_path: Path) -> str:
    file = tmp_path / "servers.json"
    await eventually(file.exists, 60)
    address = read_servers(file)["redis"]
    assert isinstance(address, Redis)
    assert redis.Redis.from_url(address.url).ping()
    return address.url


def _is_gone(url: str) -> bool:
    try:
        redis.Redis.from_url(url).ping()
    except redis.ConnectionError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_the_servers_and_removes_their_data_and_addresses(
    stack: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    url = await _ready_url(tmp_path)
    stack.send_signal(number)
    assert stack.wait(30) == 0
    assert _is_gone(url)
    assert _folders(tmp_path) == []
    assert not (tmp_path / "servers.json").exists()


async def test_the_end_of_standard_input_ends_the_servers(stack: subprocess.Popen[bytes], tmp_path: Path) -> None:
    url = await _ready_url(tmp_path)
    assert stack.stdin is not None
    stack.stdin.close()
    assert stack.wait(30) == 0
    assert _is_gone(url)


async def test_a_killed_owner_takes_its_servers_along_and_the_next_one_removes_the_data(
    stack: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await _ready_url(tmp_path)
    stack.kill()
    stack.wait(30)
    await eventually(lambda: _is_gone(url))
    assert len(_folders(tmp_path)) == 1
    monkeypatch.setattr(tempfile, "tempdir", str((tmp_path / "folder").resolve()))
    remove_abandoned_folders()
    assert _folders(tmp_path) == []


def test_the_data_of_a_living_owner_is_left_alone() -> None:
    servers = LocalServers()
    try:
        remove_abandoned_folders()
        assert servers.folder.exists()
    finally:
        servers.stop()
    assert not servers.folder.exists()


@pytest.fixture
def long_run(tmp_path: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A run of all tests, of which one has just begun and would never end."""
    test = tmp_path / "test_long.py"
    test.write_text(
        "import pathlib, signal\n"
        "def test_it(redis_url):\n"
        f"    pathlib.Path({str(tmp_path / 'url')!r}).write_text(redis_url)\n"
        "    signal.pause()\n"
    )
    command = [sys.executable, "-m", "testkit.run", "-p", "no:cacheprovider", str(test)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_interrupted_run_of_all_tests_leaves_no_server_and_no_data(
    long_run: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    url_file = tmp_path / "url"
    await eventually(lambda: url_file.exists() and url_file.read_text(), 90)
    long_run.send_signal(number)
    assert long_run.wait(60) == 2  # pytest: interrupted
    assert _is_gone(url_file.read_text())
    assert _folders(tmp_path) == []
