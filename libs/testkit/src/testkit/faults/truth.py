"""What is true: PostgreSQL, the index and the bundles, read past the services."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from platform_local.buckets import s3_client
from platform_local.postgres_roles import SERVICE_ROLES
from testkit.faults.stack import FaultStack

_REQUIRED_TO_AGREE = 10_000
"""Documents that one search gives at most; a fault suite makes fewer."""


class Truth:
    """Looks into the servers of a fault stack.

    Parameters
    ----------
    stack
        Its servers must be there when a method is called.
    """

    def __init__(self, stack: FaultStack) -> None:
        self._stack = stack

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask PostgreSQL, as its superuser."""
        url = self._stack.database.admin_url
        async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row, connect_timeout=3) as connection:
            return await (await connection.execute(query, values)).fetchall()

    async def waiting_events(self) -> dict[str, int]:
        """Count the rows of each outbox; schemas whose outbox is empty are left out."""
        query = " UNION ALL ".join(
            f"SELECT '{schema}' AS schema, count(*) AS n FROM {schema}.outbox"  # noqa: S608 - names of ours
            for schema in SERVICE_ROLES
        )
        return {row["schema"]: row["n"] for row in await self.rows(query) if row["n"]}

    async def tags_of_installs(self, plugin_ids: Sequence[str]) -> dict[str, str]:
        """Return the tag in the settings of each install that is there -> its plugin."""
        found = await self.rows(
            "SELECT settings->>'tag' AS tag, plugin_id FROM installs.installs"
            " WHERE removed_at IS NULL AND plugin_id = ANY(%s)",
            list(plugin_ids),
        )
        return {row["tag"]: row["plugin_id"] for row in found}

    async def installs_of(self, plugin_ids: Sequence[str]) -> dict[str, int]:
        """Count the distinct owners that have each plugin."""
        found = await self.rows(
            "SELECT plugin_id, count(DISTINCT owner_id) AS n FROM installs.installs"
            " WHERE removed_at IS NULL AND plugin_id = ANY(%s) GROUP BY plugin_id",
            list(plugin_ids),
        )
        return dict.fromkeys(plugin_ids, 0) | {row["plugin_id"]: row["n"] for row in found}

    async def documents_differ(self) -> list[str]:
        """Compare the index with the catalogue; returns the ids of plugins that differ, [] where all agree."""
        listed = await self.rows(
            "SELECT id, document_sequence FROM catalog.plugins"
            " WHERE status = 'published' AND latest_version IS NOT NULL"
        )
        wanted = {row["id"]: row["document_sequence"] for row in listed}
        found = await self._indexed()
        return sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))

    async def _indexed(self) -> dict[str, int]:
        address = f"{self._stack.opensearch.url}/{self._stack.environment('catalog')['SEARCH_ALIAS']}/_search"
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post(address, json={"size": _REQUIRED_TO_AGREE, "version": True})
        if answer.status_code != httpx.codes.OK:
            raise AssertionError(f"the index answers {answer.status_code}: {answer.text[:300]}")
        hits = answer.json()["hits"]["hits"]
        return {hit["_id"]: hit["_version"] for hit in hits}

    async def wrong_bundles(self) -> list[str]:
        """Return what is wrong with published versions: their verdicts, their copies, their bytes; [] where nothing."""
        query = (
            "SELECT v.plugin_id || ' ' || v.version AS name, v.bundle_key, v.bundle_sha256, c.sha256 AS copy,"
            " s.status, coalesce((SELECT bool_and(t.status = 'pass') FROM publishing.scan_verdicts t"
            " WHERE t.submission_id = v.submission_id AND t.input_sha256 = s.content_sha256), false) AS passed"
            " FROM publishing.versions v JOIN publishing.submissions s ON s.id = v.submission_id"
            " LEFT JOIN catalog.versions c ON c.plugin_id = v.plugin_id AND c.version = v.version"
        )
        wrong: list[str] = []
        for row in await self.rows(query):
            digest = await asyncio.to_thread(self._digest, row["bundle_key"])
            if not row["passed"] or row["status"] != "published":
                wrong.append(f"{row['name']} is public as {row['status']}, all checks passed: {row['passed']}")
            if not digest == row["bundle_sha256"] == row["copy"]:
                wrong.append(f"{row['name']}: bytes {digest}, record {row['bundle_sha256']}, catalogue {row['copy']}")
        extra = await self.rows(
            "SELECT plugin_id, version FROM catalog.versions EXCEPT SELECT plugin_id, version FROM publishing.versions"
        )
        return wrong + [f"{row} is public and was never published" for row in extra]

    def _digest(self, key: str) -> str:
        settings = self._stack.s3_settings
        client = s3_client(settings.endpoint_url, settings.access_key_id, settings.secret_access_key)
        try:
            body = client.get_object(Bucket=settings.bundle_bucket, Key=key)["Body"].read()
        finally:
            client.close()
        return hashlib.sha256(body).hexdigest()
