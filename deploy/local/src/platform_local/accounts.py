"""The system user that servers run as when the platform is started by root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from platform_local.errors import MissingToolError

SYSTEM_USER = "plugin-platform"


def ensure_server_user() -> str | None:
    """Return the user that servers run as, created where it is missing; None for the current one.

    PostgreSQL and OpenSearch refuse to run as root, and nothing else needs to.

    Raises
    ------
    MissingToolError
        Where root has no ``useradd``.
    """
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
        if useradd is None:
            raise MissingToolError(
                f"The system user {SYSTEM_USER} is missing and there is no useradd to make it.",
                remedy="Install the package passwd, or run as an ordinary user.",
            ) from None
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        result = subprocess.run(
            [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=False, capture_output=True, text=True
        )
        # 9: another `make up` made it meanwhile
        if result.returncode not in {0, 9}:
            raise MissingToolError(
                f"useradd could not make the user {SYSTEM_USER}: {result.stderr.strip()}",
                remedy="Make it by hand, or run as an ordinary user.",
            ) from None
    return SYSTEM_USER


def own(path: Path, user: str | None) -> None:
    """Give one file or folder to a user (nothing to do for None)."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def make_folder(path: Path, user: str | None, mode: int = 0o750) -> Path:
    """Make a folder with its parents (those stay open to traverse) and give it to a user."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    own(path, user)
    return path


def write_private(path: Path, text: str, user: str | None) -> Path:
    """Write a file that only its owner reads, replacing the old one in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    own(temporary, user)
    temporary.replace(path)
    return path


def can_use(user: str, path: Path) -> bool:
    """Tell whether a user may read and enter a path (its whole chain of folders)."""
    setpriv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    flag = "-x" if path.is_dir() or os.access(path, os.X_OK) else "-r"
    try:
        return subprocess.run([*setpriv, "test", flag, str(path)], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
