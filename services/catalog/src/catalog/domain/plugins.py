"""What everybody may read of a plugin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicVersion:
    """A published version; it never changes.

    `manifest_json` is the manifest as JSON text, or None where it was not asked for; sizes are bytes; checksums are
    SHA-256 in lower-case hex; object keys lie in the bundle bucket.
    """

    plugin_id: str
    version: str
    changelog: str
    minimum_platform_version: str
    manifest_json: str | None
    size_bytes: int
    sha256: str
    object_key: str
    source_map_size_bytes: int | None
    source_map_sha256: str | None
    source_map_object_key: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPlugin:
    """A listed plugin with its latest version. `rating_sum` is all stars together."""

    id: str
    name: str
    description: str
    author_id: UUID
    author_name: str
    category: str
    tags: tuple[str, ...]
    icon_url: str | None
    homepage: str | None
    repository: str | None
    license: str | None
    status: str
    install_count: int
    rating_sum: int
    rating_count: int
    published_at: datetime
    updated_at: datetime
    latest: PublicVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """A file of a version in the bundle bucket: key, length in bytes, SHA-256 in lower-case hex."""

    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """Versions without manifests, newest first; `total` counts all, `has_more` says whether some follow."""

    versions: Sequence[PublicVersion]
    total: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedObject:
    """A file and where it is read.

    `internal_url` is read by the gateway, `public_url` by everybody; one of the two is None. `is_final` is False where
    the address that was asked for may stand for another file later.
    """

    stored: StoredObject
    internal_url: str | None
    public_url: str | None
    is_final: bool
