"""Tiny packages and bundles."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.tarballs import NpmPackage, read_tarball

DATA = Path(__file__).parent / "data"


@pytest.fixture
def tarball(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, folder: str = "package") -> Path:
        path = tmp_path / f"{name}.tgz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(DATA / "packages" / name, arcname=folder)
        return path

    return make


@pytest.fixture
def npm_package(tarball: Callable[..., Path]) -> Callable[[str], NpmPackage]:
    return lambda name: read_tarball(tarball(name))


@pytest.fixture
def bundle() -> Callable[[str], bytes]:
    return lambda name: (DATA / "bundles" / f"{name}.js").read_bytes()
