"""Tells whether the code behind a process has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_SHARED = ("libs/contracts/src", "libs/chassis/src", "requirements.lock")


def source_digest(root: Path, *folders: str) -> str:
    """Return a digest of the sources and migrations of components and of the libraries that all of them use."""
    digest = hashlib.sha256()
    for shared in _SHARED:
        digest.update(_digest_of(root / shared))
    for folder in folders:
        digest.update(_digest_of(root / folder / "src"))
        digest.update(_digest_of(root / folder / "migrations"))
    return digest.hexdigest()[:16]


@cache
def _digest_of(path: Path) -> bytes:
    digest = hashlib.sha256()
    for file in _files(path):
        digest.update(str(file).encode())
        digest.update(file.read_bytes())
    return digest.digest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file
