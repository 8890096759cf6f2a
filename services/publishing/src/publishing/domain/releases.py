"""A published version, and the fact that it was published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events.plugins import StoredFile, VersionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version as the world sees it; it never changes.

    Parameters
    ----------
    bundle, source_map
        Where the files lie in the bundle bucket.
    submission_id
        The submission it came from.
    """

    plugin_id: str
    version: str
    manifest: dict[str, Any]
    changelog: str
    minimum_platform_version: str
    bundle: StoredFile
    source_map: StoredFile | None
    submission_id: UUID
    published_at: datetime

    def state(self) -> VersionState:
        """Give the version as its event carries it."""
        return VersionState(
            version=self.version,
            changelog=self.changelog,
            minimum_platform_version=self.minimum_platform_version,
            manifest=self.manifest,
            bundle=self.bundle,
            source_map=self.source_map,
            published_at=self.published_at,
        )


def object_key(plugin_id: str, version: str, file_name: str) -> str:
    """Give the key of a published file in the bundle bucket."""
    return f"{plugin_id}/{version}/{file_name}"
