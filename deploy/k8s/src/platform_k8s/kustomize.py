"""The program kustomize: found, or built with Go into the cache; and what it renders."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml

from platform_k8s.manifests import Manifest
from platform_local.errors import LocalPlatformError, MissingToolError
from platform_local.paths import cache_dir

VERSION = "v5.8.1"
MODULE = f"sigs.k8s.io/kustomize/kustomize/v5@{VERSION}"
GO_AT_LEAST = (1, 24)
"""What the module's go.mod asks for."""

_BUILD_SECONDS = 900
_RENDER_SECONDS = 60


def find_kustomize() -> Path | None:
    """Find the program in the cache, or on the path if it is the same version."""
    cached = _cached()
    if cached.exists():
        return cached
    found = shutil.which("kustomize")
    if found is not None and VERSION in _output([found, "version"]):
        return Path(found)
    return None


def can_build() -> bool:
    """Say whether there is a Go that can build it."""
    return _go_version() >= GO_AT_LEAST


def ensure_kustomize(*, say: Callable[[str], None]) -> Path:
    """Find the program, or build it (about two minutes on two cores, once).

    Raises
    ------
    MissingToolError
        It is not there, and neither is a Go to build it with.
    LocalPlatformError
        The build failed; a retry is safe.
    """
    found = find_kustomize()
    if found is not None:
        return found
    if not can_build():
        version = ".".join(map(str, _go_version())) or "none"
        raise MissingToolError(
            f"kustomize {VERSION} is not on this machine, and building it needs Go 1.24 or newer (found: {version}).",
            remedy="Install a recent Go (https://go.dev/dl), or put this version of kustomize on the path.",
        )
    say(f"building kustomize {VERSION}, once; this takes about two minutes …")
    folder = _cached().parent
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / "building"
    result = subprocess.run(
        ["env", f"GOBIN={scratch}", "go", "install", MODULE],
        check=False,
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
    )
    if result.returncode != 0:
        raise LocalPlatformError(
            f"kustomize could not be built: {result.stderr.strip()[-500:]}",
            remedy="Look at the lines above; Go's module proxy has to be reachable. A retry is safe.",
        )
    (scratch / "kustomize").replace(_cached())
    return _cached()


def build(program: Path, folder: Path) -> list[Manifest]:
    """Render a kustomization, offline.

    Raises
    ------
    LocalPlatformError
        It cannot be rendered.
    """
    result = subprocess.run(
        [str(program), "build", str(folder)], check=False, capture_output=True, text=True, timeout=_RENDER_SECONDS
    )
    if result.returncode != 0:
        raise LocalPlatformError(
            f"{folder} does not render: {result.stderr.strip()[-1000:]}", remedy="Correct the kustomization."
        )
    return [manifest for manifest in yaml.safe_load_all(result.stdout) if manifest is not None]


def _cached() -> Path:
    return cache_dir() / "bin" / f"kustomize-{VERSION}"


def _go_version() -> tuple[int, ...]:
    if shutil.which("go") is None:
        return ()
    match = re.search(r"go(\d+)\.(\d+)", _output(["go", "env", "GOVERSION"]))
    return (int(match[1]), int(match[2])) if match else ()


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=_RENDER_SECONDS).stdout
