"""``python -m platform_local.generated write|check``: files in the repository that programs make.

OpenAPI documents come from the services themselves; event schemas, the AsyncAPI document and the table of rights from
the contracts.
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
from platform_local.programs import COMPONENTS

_SCHEMAS = Path("libs/contracts/schemas")
_ASYNCAPI = Path("libs/contracts/asyncapi.json")
_POLICY = Path("docs/authorisation.md")
_MERGED_DOCUMENT = Path("gateway/src/gateway/openapi.json")


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
    made_from
        Other generated files, made before and added to the arguments.
    """

    group: str
    path: Path
    command: tuple[str, ...]
    is_folder: bool = False
    made_from: tuple[Path, ...] = ()

    def make(self, place: Path) -> None:
        """Make it below another folder than the repository.

        Raises
        ------
        StepFailedError
            Where the program fails.
        """
        target = place / self.path
        command = [sys.executable, "-m", *self.command, *(str(place / path) for path in self.made_from)]
        if self.is_folder:
            target.mkdir(parents=True)
            command.append(str(target))
        result = subprocess.run(command, check=False, capture_output=True, cwd=repository_root())
        if result.returncode != 0:
            lines = result.stderr.decode(errors="replace").strip().splitlines()[-3:]
            raise StepFailedError(f"`python -m {' '.join(self.command)}` failed: {' '.join(lines)}", remedy="Mend it.")
        if not self.is_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(result.stdout)


def generated_files() -> list[Generated]:
    """Return all: a document of each service with an HTTP API, their sum at the gateway, and those of the events."""
    documents = [
        Generated("openapi", Path(component.folder) / "openapi.json", (component.package, "openapi"))
        for component in COMPONENTS
        if "serve" in component.ports and component.package != "gateway"
    ]
    merge = ("gateway", "openapi", "--merge")
    merged = Generated("openapi", _MERGED_DOCUMENT, merge, made_from=tuple(each.path for each in documents))
    events = [
        Generated("schemas", _SCHEMAS, ("contracts", "schemas"), is_folder=True),
        Generated("schemas", _ASYNCAPI, ("contracts", "asyncapi")),
        Generated("schemas", _POLICY, ("contracts", "policy")),
    ]
    return [*documents, merged, *events]


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
        place = Path(temporary)
        for are_derived in (False, True):
            now = [each for each in chosen if bool(each.made_from) is are_derived]
            for _ in pool.map(lambda each: each.make(place), now):
                pass
        stale = [each.path for each in chosen if _contents(root / each.path) != _contents(place / each.path)]
        if write:
            for path in stale:
                _replace(root / path, place / path)
        return [str(path) for path in stale]


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
