"""Reading an npm package's tarball in memory: nothing of a stranger's archive is ever written to disk."""

import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.errors import PackagingError

MAX_MEMBER_BYTES = 32 * 1024 * 1024
"""Larger than any bundle with its source map that the platform takes."""

_TEXT_SUFFIXES = (".js", ".cjs", ".map", ".json")


@dataclass(frozen=True)
class NpmPackage:
    """One version of a package as its author published it.

    Parameters
    ----------
    metadata
        Its ``package.json``.
    members
        The bytes of its scripts and source maps by path below the package's folder, such as ``dist/a.min.js``.
    """

    metadata: Mapping[str, Any]
    members: Mapping[str, bytes]


def read_tarball(path: Path) -> NpmPackage:
    """Read scripts, source maps and ``package.json`` of a package.

    Raises
    ------
    PackagingError
        The file is no npm package.
    """
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                # npm strips the first folder whatever its name; most are called "package", some are not.
                _, _, inner = member.name.partition("/")
                if not member.isfile() or member.size > MAX_MEMBER_BYTES or not inner.endswith(_TEXT_SUFFIXES):
                    continue
                content = archive.extractfile(member)
                if content is not None:
                    members[inner] = content.read()
        metadata = json.loads(members["package.json"])
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise PackagingError(
            f"{path.name} is no npm package: {error!r}.", remedy=f"Delete {path} and run the demo again."
        ) from error
    return NpmPackage(metadata=metadata, members=members)
