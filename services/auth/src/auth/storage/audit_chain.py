"""The chain of the audit: entries are sealed in the order in which they are found, by one at a time."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.audit import Action
from auth.domain.audit_chain import Head, Seal, SealedEntry, seal
from auth.storage.audit import RECORD_COLUMNS, audit_record

PAGE_ROWS = 1_000

# One statement for the lock, later ones for the work: they see what the former holder committed.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.audit-chain', 0))")
_HEAD = text(
    "SELECT position, hash FROM audit_entries WHERE position IS NOT NULL ORDER BY position DESC, id DESC LIMIT 1"
)
_NOW = text("SELECT clock_timestamp()")
_UNSEALED = text(
    f"SELECT {RECORD_COLUMNS} FROM audit_entries WHERE position IS NULL ORDER BY id LIMIT :limit"  # noqa: S608 - ours
)
_SEAL = text(
    "UPDATE audit_entries AS e SET position = s.position, sealed_at = :sealed_at, salt = s.salt,"
    " personal_digest = s.personal_digest, previous_hash = s.previous_hash, hash = s.hash"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:positions AS bigint[]), CAST(:salts AS uuid[]),"
    " CAST(:personal_digests AS bytea[]), CAST(:previous_hashes AS bytea[]), CAST(:hashes AS bytea[]))"
    " AS s (id, position, salt, personal_digest, previous_hash, hash) WHERE e.id = s.id AND e.position IS NULL"
)
_WAITING = text(
    "SELECT count(*) AS entries, extract(epoch FROM clock_timestamp() - min(occurred_at)) AS oldest_seconds"
    " FROM (SELECT occurred_at FROM audit_entries WHERE position IS NULL ORDER BY id LIMIT :limit) AS unsealed"
)
_PAGE = text(
    f"SELECT {RECORD_COLUMNS}, position, sealed_at, salt, personal_digest, previous_hash, hash"  # noqa: S608 - ours
    " FROM audit_entries WHERE position IS NOT NULL AND (position, id) > (:position, :id)"
    " ORDER BY position, id LIMIT :limit"
)
# Apart from the page: as a subquery of it the planner takes it for so dear that it compiles every page.
_ERASURES = text(
    "SELECT DISTINCT user_id FROM audit_entries WHERE user_id = ANY(CAST(:user_ids AS uuid[])) AND action = :erased"
)
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Entries that are not sealed yet, counted to a limit, and the age of the oldest of them."""

    entries: int
    oldest_seconds: float | None


async def seal_entries(connection: AsyncConnection, *, limit: int) -> int:
    """Seal what waits, as the only one who does so until the transaction ends; returns how many it was."""
    await connection.execute(_LOCK)
    records = [audit_record(row) for row in await connection.execute(_UNSEALED, {"limit": limit})]
    if not records:
        return 0
    head = await find_head(connection)
    sealed_at = (await connection.execute(_NOW)).scalar_one()
    seals: list[Seal] = []
    for record in records:
        link = seal(record, after=head, sealed_at=sealed_at, salt=uuid4())
        head = Head(link.position, link.hash)
        seals.append(link)
    values = {
        "sealed_at": sealed_at,
        "ids": [record.id for record in records],
        "positions": [each.position for each in seals],
        "salts": [each.salt for each in seals],
        "personal_digests": [each.personal_digest for each in seals],
        "previous_hashes": [each.previous_hash for each in seals],
        "hashes": [each.hash for each in seals],
    }
    await connection.execute(_SEAL, values)
    return len(records)


async def find_head(connection: AsyncConnection) -> Head:
    """Read the last sealed entry."""
    row = (await connection.execute(_HEAD)).one_or_none()
    return Head() if row is None else Head(row.position, bytes(row.hash))


async def measure_waiting(connection: AsyncConnection, *, limit: int) -> Waiting:
    """Look at what is not sealed yet."""
    row = (await connection.execute(_WAITING, {"limit": limit})).one()
    return Waiting(row.entries, None if row.oldest_seconds is None else float(row.oldest_seconds))


async def read_chain(connection: AsyncConnection) -> AsyncGenerator[SealedEntry, None]:
    """Read the whole chain in its order, a page at a time: memory does not grow with it."""
    position, entry_id = _BEFORE_ALL, _BEFORE_ALL
    while True:
        values = {"position": position, "id": entry_id, "limit": PAGE_ROWS}
        rows = (await connection.execute(_PAGE, values)).all()
        erased = await _erased_accounts(connection, {row.user_id for row in rows if row.salt is None})
        for row in rows:
            yield _sealed_entry(row, erasure_recorded=row.user_id in erased)
        if len(rows) < PAGE_ROWS:
            return
        position, entry_id = rows[-1].position, rows[-1].id


async def _erased_accounts(connection: AsyncConnection, user_ids: set[UUID | None]) -> set[UUID]:
    """Give those of the accounts whose erasure the audit tells of."""
    values = {
        "user_ids": [each for each in user_ids if each is not None],
        "erased": Action.PERSONAL_FIELDS_ERASED.value,
    }
    return set((await connection.execute(_ERASURES, values)).scalars()) if values["user_ids"] else set()


def _sealed_entry(row: Row[Any], *, erasure_recorded: bool) -> SealedEntry:
    link = Seal(
        position=row.position,
        sealed_at=row.sealed_at,
        salt=row.salt,
        personal_digest=bytes(row.personal_digest),
        previous_hash=bytes(row.previous_hash),
        hash=bytes(row.hash),
    )
    return SealedEntry(record=audit_record(row), seal=link, erasure_recorded=erasure_recorded)
