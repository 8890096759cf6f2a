"""The packages that the demo publishes; the data lies beside this file, one file for each category."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from contracts.categories import CATEGORIES


@dataclass(frozen=True)
class Rejection:
    """Why the reviewer refuses one version.

    Parameters
    ----------
    reason_code
        One of the platform's codes, such as ``policy``.
    text
        What the developer reads.
    """

    reason_code: str
    text: str


@dataclass(frozen=True)
class Command:
    """What the plugin lets people do.

    Parameters
    ----------
    export
        The exported function behind it, ``default`` for the export itself.
    title
        What people read.
    """

    export: str
    title: str


@dataclass(frozen=True)
class CatalogueEntry:
    """One npm package.

    Parameters
    ----------
    name
        Its name in the registry.
    category
        The shelf it stands on.
    family
        What kind of plugin it is; decides its settings.
    versions
        The versions to publish, oldest first.
    bundle
        Paths of its bundle, the first that exists; empty where package.json says it.
    command
        Its command, where it has one.
    rejections
        Refused versions with the reason.
    """

    name: str
    category: str
    family: str
    versions: tuple[str, ...]
    bundle: tuple[str, ...] = ()
    command: Command | None = None
    rejections: Mapping[str, Rejection] = field(default_factory=dict)

    @property
    def approved_versions(self) -> tuple[str, ...]:
        """The versions that will be published, oldest first; may be empty."""
        return tuple(version for version in self.versions if version not in self.rejections)


@cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """Read the whole catalogue, the categories in turn so that any beginning of it has many of them."""
    shelves = [_read(category.id) for category in CATEGORIES]
    longest = max(len(shelf) for shelf in shelves)
    return tuple(shelf[row] for row in range(longest) for shelf in shelves if row < len(shelf))


def _read(category: str) -> list[CatalogueEntry]:
    text = files(__name__).joinpath(f"{category}.toml").read_text("utf-8")
    return [_entry(category, row) for row in tomllib.loads(text)["packages"]]


def _entry(category: str, row: dict[str, Any]) -> CatalogueEntry:
    command = row.get("command")
    return CatalogueEntry(
        name=row["name"],
        category=category,
        family=row["family"],
        versions=tuple(row["versions"]),
        bundle=tuple(row.get("bundle", ())),
        command=Command(**command) if command else None,
        rejections={
            item["version"]: Rejection(reason_code=item["reason_code"], text=item["text"])
            for item in row.get("rejections", ())
        },
    )
