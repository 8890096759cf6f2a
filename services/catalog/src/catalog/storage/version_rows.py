"""How a version reads from a row; `VERSION_COLUMNS` takes the table's alias to be ``v``."""

from typing import Any

from sqlalchemy.engine import Row

from catalog.domain.plugins import PublicVersion

VERSION_COLUMNS = (
    "v.plugin_id, v.version, v.changelog, v.minimum_platform_version, v.size_bytes, v.sha256,"
    " v.object_key, v.source_map_size_bytes, v.source_map_sha256, v.source_map_object_key, v.published_at"
)


def version_of(row: Row[Any], *, manifest_json: str | None) -> PublicVersion:
    """Make a version of a row with `VERSION_COLUMNS`."""
    return PublicVersion(
        plugin_id=row.plugin_id,
        version=row.version,
        changelog=row.changelog,
        minimum_platform_version=row.minimum_platform_version,
        manifest_json=manifest_json,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        object_key=row.object_key,
        source_map_size_bytes=row.source_map_size_bytes,
        source_map_sha256=row.source_map_sha256,
        source_map_object_key=row.source_map_object_key,
        published_at=row.published_at,
    )
