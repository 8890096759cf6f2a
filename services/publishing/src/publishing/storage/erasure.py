"""What rows say of accounts that are no more, and all that they say of one that is there.

Published versions stay: others run them. What was never published goes, but for the ids of plugins and the numbers of
submissions, so that neither is ever used again for something else.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity import DELETED_NAME

_ANONYMISE_ACTS = (
    text("UPDATE submissions SET submitter_name = :name WHERE submitter_id = :user_id"),
    text("UPDATE decisions SET reviewer_name = :name WHERE reviewer_id = :user_id AND reviewer_name <> :name"),
    text("UPDATE transfers SET from_name = :name WHERE from_id = :user_id AND from_kind = 'account'"),
    text(
        "UPDATE transfers SET outcome = CASE WHEN to_id = :user_id THEN 'declined' ELSE 'withdrawn' END,"
        " ended_at = now(), ended_by = :user_id WHERE outcome IS NULL AND :user_id IN (to_id, from_id)"
    ),
    text("DELETE FROM trusted_publishers WHERE created_by = :user_id"),
)
_OWNED = text(
    "SELECT id FROM plugins WHERE owner_id = :user_id AND owner_kind = 'account' AND id > :after"
    " ORDER BY id LIMIT :limit"
)
_BUMP = "sequence = sequence + 1, revision = revision + 1, updated_at = clock_timestamp() WHERE id = :id"
_ANONYMISE = text(f"UPDATE plugins SET author_name = :name, {_BUMP}")  # noqa: S608 - constants only
_EMPTY = text(
    "UPDATE plugins SET author_name = :name, name = id, description = :name, tags = '{}', icon_url = NULL,"  # noqa: S608 - constants only
    f" homepage = NULL, repository = NULL, license = NULL, {_BUMP}"
)
_UNPUBLISHED = text(
    "SELECT id FROM submissions WHERE plugin_id = :plugin_id AND status NOT IN ('approved', 'published')"
    " ORDER BY id FOR UPDATE"
)
_EMPTY_SUBMISSIONS = (
    text("UPDATE submissions SET manifest = '{}', changelog = '' WHERE id = ANY(:ids)"),
    text("UPDATE scan_verdicts SET findings = '[]' WHERE submission_id = ANY(:ids)"),
    text("UPDATE submission_steps SET detail = NULL WHERE submission_id = ANY(:ids) AND name <> 'reviewed'"),
)
_EXPORT = text(
    "SELECT kind, id, item FROM ("
    " SELECT 'plugin' AS kind, p.id, to_jsonb(p) - 'owner_id' - 'sequence' AS item FROM plugins p"
    "  WHERE owner_id = :user_id AND owner_kind = 'account'"
    " UNION ALL SELECT 'submission', s.id::text, to_jsonb(s) - 'submitter_id' - 'lease_token' - 'work_at'"
    "  - 'traceparent' FROM submissions s WHERE submitter_id = :user_id"
    " UNION ALL SELECT 'decision', lpad(d.position::text, 19, '0'), to_jsonb(d) - 'reviewer_id' - 'position'"
    "  FROM decisions d WHERE reviewer_id = :user_id"
    " UNION ALL SELECT 'trusted-publisher', t.id::text, to_jsonb(t) - 'created_by' FROM trusted_publishers t"
    "  WHERE created_by = :user_id"
    " UNION ALL SELECT 'transfer', t.id::text, to_jsonb(t) - 'offered_by' - 'ended_by' FROM transfers t"
    "  WHERE :user_id IN (from_id, to_id)"
    ') AS held WHERE (kind, id) > (:kind, :id) ORDER BY kind COLLATE "C", id COLLATE "C" LIMIT :limit'
)


async def anonymise_acts(connection: AsyncConnection, user_id: UUID) -> None:
    """Take an account's name out of what it submitted, decided and gave away; its offers and trusted jobs end."""
    for statement in _ANONYMISE_ACTS:
        await connection.execute(statement, {"user_id": user_id, "name": DELETED_NAME})


async def list_owned(connection: AsyncConnection, user_id: UUID, *, after: str, limit: int) -> Sequence[str]:
    """List ids of an account's plugins, above `after`."""
    values = {"user_id": user_id, "after": after, "limit": limit}
    return list((await connection.execute(_OWNED, values)).scalars())


async def anonymise_plugin(connection: AsyncConnection, plugin_id: str, *, keeps_listing: bool) -> None:
    """Take the owner's name out of a plugin, or all that its listing says, and draw the next sequence.

    The row is locked already.
    """
    await connection.execute(_ANONYMISE if keeps_listing else _EMPTY, {"id": plugin_id, "name": DELETED_NAME})


async def lock_unpublished(connection: AsyncConnection, plugin_id: str) -> Sequence[UUID]:
    """List the submissions of a plugin that are neither published nor about to be, and hold their rows."""
    return list((await connection.execute(_UNPUBLISHED, {"plugin_id": plugin_id})).scalars())


async def empty_submissions(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Forget what was sent with submissions, and what the checks found in it."""
    for statement in _EMPTY_SUBMISSIONS:
        await connection.execute(statement, {"ids": list(ids)})


async def export_held(
    connection: AsyncConnection, user_id: UUID, *, after: tuple[str, str], limit: int
) -> Sequence[tuple[str, str, dict[str, Any]]]:
    """Read all that is kept of an account, in order of kind and id, above `after`."""
    values = {"user_id": user_id, "kind": after[0], "id": after[1], "limit": limit}
    return [(row.kind, row.id, row.item) for row in await connection.execute(_EXPORT, values)]
