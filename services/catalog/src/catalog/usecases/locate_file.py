"""Say where a version's bundle or source map is read; its bytes never pass through this service."""

from catalog.domain.errors import SourceMapNotFoundError
from catalog.domain.plugins import LocatedObject, PublicVersion, StoredObject
from catalog.domain.version_text import LATEST, check_version_text
from catalog.storage.versions import get_listed_version
from chassis.db import Database
from chassis.objectstore import ObjectStore

PRESIGNED_SECONDS = 300
"""The gateway reads at once; a slow download that began in time goes on after it."""


class LocateFile:
    """Finds files of versions.

    Parameters
    ----------
    database
        Of this service.
    bundles
        The bundle bucket.
    cdn_url
        Address below which everybody reads the bucket's objects by key, if there is one.
    """

    def __init__(self, *, database: Database, bundles: ObjectStore, cdn_url: str | None) -> None:
        self._database = database
        self._bundles = bundles
        self._cdn_url = cdn_url.rstrip("/") if cdn_url else None

    async def locate_bundle(self, plugin_id: str, version: str) -> LocatedObject:
        """Give the bundle of a version; `version` may be ``latest``.

        Raises
        ------
        VersionInvalidError
            It is no semantic version.
        PluginNotFoundError, PluginSuspendedError, VersionNotFoundError
            Nobody may see it.
        """
        found = await self._get_version(plugin_id, version)
        stored = StoredObject(key=found.object_key, size_bytes=found.size_bytes, sha256=found.sha256)
        return self._located(stored, is_final=version != LATEST)

    async def locate_source_map(self, plugin_id: str, version: str) -> LocatedObject:
        """Give the source map of a version; `version` may be ``latest``.

        Raises
        ------
        VersionInvalidError
            It is no semantic version.
        PluginNotFoundError, PluginSuspendedError, VersionNotFoundError
            Nobody may see it.
        SourceMapNotFoundError
            The version has none.
        """
        found = await self._get_version(plugin_id, version)
        key, size_bytes, sha256 = found.source_map_object_key, found.source_map_size_bytes, found.source_map_sha256
        if key is None or size_bytes is None or sha256 is None:
            raise SourceMapNotFoundError(f"{plugin_id!r} {found.version} was published without a source map")
        return self._located(StoredObject(key=key, size_bytes=size_bytes, sha256=sha256), is_final=version != LATEST)

    async def _get_version(self, plugin_id: str, version: str) -> PublicVersion:
        check_version_text(version)
        async with self._database.read() as connection:
            return await get_listed_version(connection, plugin_id, version)

    def _located(self, stored: StoredObject, *, is_final: bool) -> LocatedObject:
        if self._cdn_url is not None:
            public_url = f"{self._cdn_url}/{stored.key}"
            return LocatedObject(stored=stored, internal_url=None, public_url=public_url, is_final=is_final)
        internal_url = self._bundles.presigned_get_url(stored.key, expires_seconds=PRESIGNED_SECONDS)
        return LocatedObject(stored=stored, internal_url=internal_url, public_url=None, is_final=is_final)
