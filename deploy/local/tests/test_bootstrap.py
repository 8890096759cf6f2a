from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from platform_local.paths import repository_root

_SCRIPT = repository_root() / "deploy" / "local" / "bootstrap.sh"


def _run(script: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(script)], check=False, capture_output=True, text=True, env={**os.environ, **variables}, timeout=120
    )


def test_when_nothing_changed_it_only_looks() -> None:
    assert _run(_SCRIPT).returncode == 0
    stamp = repository_root() / ".venv" / ".platform-stamp"
    before = stamp.stat()
    again = _run(_SCRIPT)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert stamp.stat().st_mtime_ns == before.st_mtime_ns


def test_a_python_that_is_too_old_is_told_with_the_way_out(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = _run(_SCRIPT, PLATFORM_PYTHON=str(old))
    assert result.returncode == 1
    assert "Python 3.11 or newer is missing" in result.stderr
    assert "PLATFORM_PYTHON" in result.stderr


def test_a_package_that_cannot_be_had_is_told_with_the_log(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    (clone / "deploy" / "local").mkdir(parents=True)
    shutil.copy(_SCRIPT, clone / "deploy" / "local")
    (clone / "requirements.lock").write_text("no-such-package-at-all==1.0 --hash=sha256:" + "0" * 64 + "\n")
    offline = {"PLATFORM_CACHE_DIR": str(tmp_path / "cache"), "PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
    result = _run(clone / "deploy" / "local" / "bootstrap.sh", **offline)
    assert result.returncode == 1
    assert "The Python packages could not be installed" in result.stderr
    assert "no-such-package-at-all" in result.stderr
    assert not (clone / ".venv" / ".platform-stamp").exists()
