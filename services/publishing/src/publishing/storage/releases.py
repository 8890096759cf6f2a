"""Rows of `versions`: published, and never changed again."""

# ruff: noqa: S608 - statements are put together from constants of this module only

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.events.plugins import StoredFile
from contracts.versions import sort_key
from publishing.domain.releases import Release
from publishing.domain.submissions import Submission

_COLUMNS = (
    "plugin_id, version, manifest, changelog, minimum_platform_version, bundle_key, bundle_size_bytes, bundle_sha256,"
    " source_map_key, source_map_size_bytes, source_map_sha256, submission_id, published_at"
)
_INSERT = text(
    "INSERT INTO versions (plugin_id, version, version_key, manifest, changelog, minimum_platform_version, bundle_key,"
    " bundle_size_bytes, bundle_sha256, source_map_key, source_map_size_bytes, source_map_sha256, submission_id)"
    " VALUES (:plugin_id, :version, :version_key, :manifest, :changelog, :minimum_platform_version, :bundle_key,"
    " :bundle_size_bytes, :bundle_sha256, :source_map_key, :source_map_size_bytes, :source_map_sha256, :submission_id)"
    f" RETURNING {_COLUMNS}"
).bindparams(bindparam("manifest", type_=JSONB))
_LIST = text(f"SELECT {_COLUMNS} FROM versions WHERE plugin_id = :plugin_id ORDER BY version_key DESC LIMIT :limit")
_EXISTS = text("SELECT EXISTS (SELECT 1 FROM versions WHERE plugin_id = :plugin_id AND version = :version)")


def _release(row: Row[Any]) -> Release:
    source_map = None
    if row.source_map_key is not None:
        source_map = StoredFile(
            object_key=row.source_map_key, size_bytes=row.source_map_size_bytes, sha256=row.source_map_sha256
        )
    return Release(
        plugin_id=row.plugin_id,
        version=row.version,
        manifest=row.manifest,
        changelog=row.changelog,
        minimum_platform_version=row.minimum_platform_version,
        bundle=StoredFile(object_key=row.bundle_key, size_bytes=row.bundle_size_bytes, sha256=row.bundle_sha256),
        source_map=source_map,
        submission_id=row.submission_id,
        published_at=row.published_at,
    )


async def insert_release(
    connection: AsyncConnection, *, submission: Submission, bundle: StoredFile, source_map: StoredFile | None
) -> Release:
    """Publish a version; the plugin's row is locked."""
    values: dict[str, str | int | UUID | dict[str, Any] | None] = {
        "plugin_id": submission.plugin_id,
        "version": submission.version,
        "version_key": sort_key(submission.version),
        "manifest": submission.content.manifest,
        "changelog": submission.content.changelog,
        "minimum_platform_version": submission.content.minimum_platform_version,
        "bundle_key": bundle.object_key,
        "bundle_size_bytes": bundle.size_bytes,
        "bundle_sha256": bundle.sha256,
        "source_map_key": source_map.object_key if source_map else None,
        "source_map_size_bytes": source_map.size_bytes if source_map else None,
        "source_map_sha256": source_map.sha256 if source_map else None,
        "submission_id": submission.id,
    }
    return _release((await connection.execute(_INSERT, values)).one())


async def list_releases_of(connection: AsyncConnection, *, plugin_id: str, limit: int) -> Sequence[Release]:
    """List a plugin's published versions, highest first."""
    rows = await connection.execute(_LIST, {"plugin_id": plugin_id, "limit": limit})
    return [_release(row) for row in rows]


async def is_released(connection: AsyncConnection, *, plugin_id: str, version: str) -> bool:
    """Say whether the version is published."""
    return bool((await connection.execute(_EXISTS, {"plugin_id": plugin_id, "version": version})).scalar_one())
