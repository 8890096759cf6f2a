"""Print the part of the lock that an image needs: the run-time names of requirements.in, pinned and hashed.

What those depend on comes from the same lock, handed to the installer as constraints. Standard library only: it runs
before anything is installed.
"""

import re
import sys
from pathlib import Path

END_OF_RUN_TIME = "# --- local platform"
"""The heading in requirements.in below which the names are for development."""

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<extras>\[[^\]]*\])?")


def run_time_requirements(wanted: str, lock: str) -> str:
    """Pick entries of the lock.

    Parameters
    ----------
    wanted
        Text of requirements.in.
    lock
        Text of requirements.lock: entries that begin with ``name==version`` and continue on indented lines.

    Returns
    -------
    str
        The entries in the order of `wanted`, with the extras asked for there.

    Raises
    ------
    KeyError
        The lock has no entry for a name: make it anew.
    """
    entries = {_normal(entry.split("==")[0]): entry for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.strip())}
    picked = []
    names, heading, _ = wanted.partition(END_OF_RUN_TIME)
    if not heading:
        raise KeyError(END_OF_RUN_TIME)
    for line in names.splitlines():
        match = _REQUIREMENT.match(line.strip())
        if match is None:
            continue  # a comment or an empty line
        name, pin = entries[_normal(match["name"])].split("==", 1)
        picked.append(f"{name}{match['extras'] or ''}=={pin}")
    return "\n".join(picked) + "\n"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.split("[", maxsplit=1)[0].strip()).lower()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdout.write(
        run_time_requirements(
            (folder / "requirements.in").read_text("utf-8"), (folder / "requirements.lock").read_text("utf-8")
        )
    )
