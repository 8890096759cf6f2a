"""``python -m platform_local.generated write|check``: files in the repository that programs make.

OpenAPI documents come from the services themselves, event schemas from the contracts.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from platform_local.errors import LocalPlatformError, StepFailedError
from platform_local.messages import print_error
from platform_local.paths import repository_root
from platform_local.programs import COMPONENTS, Component

_SCHEMAS = Path("libs/contracts/schemas")


@dataclass(frozen=True)
class Generated:
    """What one program makes.

    Parameters
    ----------
    group
        ``openapi`` or ``schemas``.
    path
        The file or folder in the repository.
    command
        Arguments after ``python -m``. A file is its standard output; a folder is written by the program, which is
        told where as its last argument.
    """

    group: str
    path: Path
    command: tuple[str, ...]
    is_folder: bool = False

    def make(self, target: Path) -> None:
        """Make it at another place.

        Raises
        ------
        StepFailedError
            Where the program fails.
        """
        command = [sys.executable, "-m", *self.command, *([str(target)] if self.is_folder else [])]
        if self.is_folder:
            target.mkdir(parents=True)
        result = subprocess.run(command, check=False, capture_output=True, cwd=repository_root())
        if result.returncode != 0:
            lines = result.stderr.decode(errors="replace").strip().splitlines()[-3:]
            raise StepFailedError(f"`python -m {' '.join(self.command)}` failed: {' '.join(lines)}", remedy="Mend it.")
        if not self.is_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(result.stdout)


def generated_files() -> list[Generated]:
    """Return all of them. A component with an HTTP API has a document."""
    documents = [
        Generated("openapi", Path(component.folder) / "openapi.json", (component.package, "openapi"))
        for component in COMPONENTS
        if _has_api(component)
    ]
    return [*documents, Generated("schemas", _SCHEMAS, ("contracts", "schemas"), is_folder=True)]


def _has_api(component: Component) -> bool:
    return "serve" in component.ports


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m platform_local.generated")
    parser.add_argument("action", choices=["write", "check"])
    parser.add_argument("group", nargs="?", choices=["openapi", "schemas"])
    options = parser.parse_args(arguments)
    chosen = [each for each in generated_files() if options.group in {None, each.group}]
    try:
        stale = _compare(chosen, write=options.action == "write")
    except LocalPlatformError as error:
        print_error(error)
        return 1
    if options.action == "write" or not stale:
        print(
            f"{len(chosen)} generated files and folders are current" + (f"; new: {', '.join(stale)}" if stale else "")
        )
        return 0
    for path in stale:
        print(f"✗ {path} is not what its program makes now", file=sys.stderr)
    print("  → make openapi schemas, read the difference and commit it", file=sys.stderr)
    return 1


def _compare(chosen: list[Generated], *, write: bool) -> list[str]:
    """Make everything anew, return what differs, and put it in place where that is wanted."""
    root = repository_root()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(max_workers=2) as pool:
        targets = [Path(temporary) / each.path for each in chosen]
        for _ in pool.map(lambda pair: pair[0].make(pair[1]), zip(chosen, targets, strict=True)):
            pass
        stale = [str(each.path) for each, new in zip(chosen, targets, strict=True) if not _same(root / each.path, new)]
        if write:
            for each, new in zip(chosen, targets, strict=True):
                if str(each.path) in stale:
                    _replace(root / each.path, new)
        return stale


def _same(old: Path, new: Path) -> bool:
    return _contents(old) == _contents(new)


def _contents(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def _replace(old: Path, new: Path) -> None:
    if new.is_dir():
        shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(new, old)
    else:
        old.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(new, old)


if __name__ == "__main__":
    sys.exit(main())
