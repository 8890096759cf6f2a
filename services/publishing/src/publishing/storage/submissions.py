"""Rows of `submissions`, as people change them. What workers change is in `leases`."""

# ruff: noqa: S608 - statements are put together from constants of this module only

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.submissions import ReceivedFile, Submission, SubmissionContent, SubmissionStatus

_COLUMNS = (
    "id, plugin_id, version, submitter_id, submitter_name, status, manifest, changelog, bundle_size_bytes,"
    " bundle_sha256, source_map_size_bytes, source_map_sha256, content_sha256, attempts, traceparent, cleared_at,"
    " created_at, updated_at"
)
_INSERT = text(
    "INSERT INTO submissions (id, plugin_id, version, submitter_id, submitter_name, status, manifest, changelog,"
    " bundle_size_bytes, bundle_sha256, source_map_size_bytes, source_map_sha256, content_sha256, traceparent, work_at)"
    " VALUES (:id, :plugin_id, :version, :submitter_id, :submitter_name, 'received', :manifest, :changelog,"
    " :bundle_size_bytes, :bundle_sha256, :source_map_size_bytes, :source_map_sha256, :content_sha256, :traceparent,"
    " clock_timestamp())"
).bindparams(bindparam("manifest", type_=JSONB))
_FIND = text(f"SELECT {_COLUMNS} FROM submissions WHERE id = :id")
_LOCK = text(f"SELECT {_COLUMNS} FROM submissions WHERE id = :id FOR UPDATE")
_FIND_CURRENT = text(
    f"SELECT {_COLUMNS} FROM submissions WHERE plugin_id = :plugin_id AND version = :version"
    " AND status NOT IN ('rejected', 'refused', 'withdrawn')"
)
_LOCK_LATEST = text(
    f"SELECT {_COLUMNS} FROM submissions WHERE plugin_id = :plugin_id AND version = :version"
    " ORDER BY created_at DESC LIMIT 1 FOR UPDATE"
)
_LIST_OF = text(
    f"SELECT {_COLUMNS} FROM submissions WHERE plugin_id = :plugin_id ORDER BY created_at DESC LIMIT :limit"
)
_SET_STATUS = text(
    "UPDATE submissions SET status = :status, attempts = 0, lease_token = NULL, updated_at = clock_timestamp(),"
    " work_at = clock_timestamp() + make_interval(secs => :work_in_seconds) WHERE id = :id"
)
_WORK_NOW = text(
    "UPDATE submissions SET work_at = clock_timestamp() WHERE id = :id AND work_at > clock_timestamp()"
    " AND lease_token IS NULL"
)
_HAS_APPROVED = text("SELECT EXISTS (SELECT FROM submissions WHERE plugin_id = :plugin_id AND status = 'approved')")
_QUEUE = text(
    f"SELECT {_COLUMNS} FROM submissions WHERE status IN ('held', 'awaiting_review')"
    " AND (CAST(:created_at AS timestamptz) IS NULL OR (created_at, id) > (:created_at, :id))"
    " ORDER BY created_at, id LIMIT :limit"
)
_COUNT_QUEUE = text("SELECT count(*) FROM submissions WHERE status IN ('held', 'awaiting_review')")


def submission_of(row: Row[Any]) -> Submission:
    """Read a row that has the columns of this module's statements."""
    source_map = None
    if row.source_map_sha256 is not None:
        source_map = ReceivedFile(size_bytes=row.source_map_size_bytes, sha256=row.source_map_sha256)
    return Submission(
        id=row.id,
        plugin_id=row.plugin_id,
        version=row.version,
        submitter_id=row.submitter_id,
        submitter_name=row.submitter_name,
        status=row.status,
        content=SubmissionContent(
            manifest=row.manifest,
            changelog=row.changelog,
            bundle=ReceivedFile(size_bytes=row.bundle_size_bytes, sha256=row.bundle_sha256),
            source_map=source_map,
        ),
        content_sha256=row.content_sha256,
        attempts=row.attempts,
        traceparent=row.traceparent,
        cleared_at=row.cleared_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def insert_submission(
    connection: AsyncConnection,
    *,
    submission_id: UUID,
    plugin_id: str,
    version: str,
    submitter_id: UUID,
    submitter_name: str,
    content: SubmissionContent,
    traceparent: str | None,
) -> None:
    """Record a received submission; the plugin's row is locked, so that one upload of a version comes first."""
    source_map = content.source_map
    values = {
        "id": submission_id,
        "plugin_id": plugin_id,
        "version": version,
        "submitter_id": submitter_id,
        "submitter_name": submitter_name,
        "manifest": content.manifest,
        "changelog": content.changelog,
        "bundle_size_bytes": content.bundle.size_bytes,
        "bundle_sha256": content.bundle.sha256,
        "source_map_size_bytes": source_map.size_bytes if source_map else None,
        "source_map_sha256": source_map.sha256 if source_map else None,
        "content_sha256": content.sha256(),
        "traceparent": traceparent,
    }
    await connection.execute(_INSERT, values)


async def _one(connection: AsyncConnection, statement: TextClause, values: dict[str, Any]) -> Submission | None:
    row = (await connection.execute(statement, values)).one_or_none()
    return None if row is None else submission_of(row)


async def find_submission(connection: AsyncConnection, submission_id: UUID) -> Submission | None:
    """Read a submission."""
    return await _one(connection, _FIND, {"id": submission_id})


async def get_submission(connection: AsyncConnection, submission_id: UUID) -> Submission:
    """Read a submission that is known to exist."""
    return submission_of((await connection.execute(_FIND, {"id": submission_id})).one())


async def lock_submission(connection: AsyncConnection, submission_id: UUID) -> Submission | None:
    """Read a submission and hold its row until the transaction ends."""
    return await _one(connection, _LOCK, {"id": submission_id})


async def find_current_submission(connection: AsyncConnection, *, plugin_id: str, version: str) -> Submission | None:
    """Read the submission that holds a version number, published or not; None where the number is free."""
    return await _one(connection, _FIND_CURRENT, {"plugin_id": plugin_id, "version": version})


async def lock_latest_submission(connection: AsyncConnection, *, plugin_id: str, version: str) -> Submission | None:
    """Read the newest submission of a version, whatever became of it, and hold its row."""
    return await _one(connection, _LOCK_LATEST, {"plugin_id": plugin_id, "version": version})


async def list_submissions_of(connection: AsyncConnection, *, plugin_id: str, limit: int) -> Sequence[Submission]:
    """List a plugin's submissions, newest first."""
    rows = await connection.execute(_LIST_OF, {"plugin_id": plugin_id, "limit": limit})
    return [submission_of(row) for row in rows]


async def set_status(
    connection: AsyncConnection, *, submission_id: UUID, status: SubmissionStatus, work_in_seconds: float
) -> None:
    """Change the state by a person's act, end any worker's lease, and hand it to workers after a while."""
    await connection.execute(_SET_STATUS, {"id": submission_id, "status": status, "work_in_seconds": work_in_seconds})


async def work_now(connection: AsyncConnection, submission_id: UUID) -> None:
    """Bring a postponed retry forward; does nothing where none waits."""
    await connection.execute(_WORK_NOW, {"id": submission_id})


async def has_approved(connection: AsyncConnection, plugin_id: str) -> bool:
    """Say whether a version of a plugin is about to be published."""
    return bool((await connection.execute(_HAS_APPROVED, {"plugin_id": plugin_id})).scalar_one())


async def list_queue(
    connection: AsyncConnection, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Submission]:
    """List what waits for a reviewer, oldest first, after a position (creation time and id)."""
    created_at, submission_id = after if after is not None else (None, None)
    rows = await connection.execute(_QUEUE, {"created_at": created_at, "id": submission_id, "limit": limit})
    return [submission_of(row) for row in rows]


async def count_queue(connection: AsyncConnection) -> int:
    """Count what waits for a reviewer."""
    return int((await connection.execute(_COUNT_QUEUE)).scalar_one())
