"""The chain of audit entries: what is hashed, and how a wrong entry is found.

An entry's hash covers its content, its position and the hash before it. Personal fields are covered by a salted digest
only: without salt and fields the digest says nothing, and the chain still holds (docs/decisions/0012).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from auth.domain.audit import AuditRecord

GENESIS = bytes(32)
"""What stands for the hash before the first entry."""

_VERSION = 1
"""Of the canonical form; a change of it needs a new number beside the old."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last sealed entry; position 0 where there is none."""

    position: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What makes an entry a link of the chain; `salt` is None where the personal fields were erased."""

    position: int
    sealed_at: datetime
    salt: UUID | None
    personal_digest: bytes
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEntry:
    """An entry with its seal, as it is stored; `erasure_recorded` says that the audit holds the account's erasure."""

    record: AuditRecord
    seal: Seal
    erasure_recorded: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is wrong; `entry_id` is None where the entry is missing."""

    position: int
    entry_id: int | None
    what: str


def seal(record: AuditRecord, *, after: Head, sealed_at: datetime, salt: UUID) -> Seal:
    """Make the entry the next link."""
    digest = _personal_digest(record, salt)
    position = after.position + 1
    return Seal(
        position=position,
        sealed_at=sealed_at,
        salt=salt,
        personal_digest=digest,
        previous_hash=after.hash,
        hash=_entry_hash(
            record, position=position, sealed_at=sealed_at, personal_digest=digest, previous_hash=after.hash
        ),
    )


def find_fault(entry: SealedEntry, *, after: Head) -> Fault | None:
    """Say what is wrong with the entry that follows `after`; None where nothing is."""
    record, stored = entry.record, entry.seal
    expected = after.position + 1
    if stored.position > expected:
        return Fault(expected, None, "is missing")
    what = None
    if stored.position < expected:
        what = "stands where another entry was before"
    elif stored.previous_hash != after.hash:
        what = "does not follow the entry before it"
    elif stored.hash != _entry_hash(
        record,
        position=stored.position,
        sealed_at=stored.sealed_at,
        personal_digest=stored.personal_digest,
        previous_hash=stored.previous_hash,
    ):
        what = "was changed, or moved from another position"
    elif stored.salt is not None:
        if stored.personal_digest != _personal_digest(record, stored.salt):
            what = "has changed personal fields"
    elif record.address is not None or record.before is not None or record.after is not None or record.detail:
        what = "has personal fields that nothing confirms"
    elif not entry.erasure_recorded:
        what = "lost its personal fields, and no entry tells of an erasure"
    return None if what is None else Fault(stored.position, record.id, what)


def _entry_hash(
    record: AuditRecord, *, position: int, sealed_at: datetime, personal_digest: bytes, previous_hash: bytes
) -> bytes:
    return _hash(
        {
            "version": _VERSION,
            "position": position,
            "previous": previous_hash.hex(),
            "sealed_at": _instant(sealed_at),
            "id": record.id,
            "occurred_at": _instant(record.occurred_at),
            "action": record.action,
            "outcome": record.outcome,
            "account": _text(record.user_id),
            "actor": [record.actor_kind, _text(record.actor_id)],
            "target": [record.target_kind, record.target_id],
            "reason": record.reason,
            "trace_id": record.trace_id,
            "personal": personal_digest.hex(),
        }
    )


def _personal_digest(record: AuditRecord, salt: UUID) -> bytes:
    return _hash(
        {
            "salt": str(salt),
            "address": record.address,
            "before": record.before,
            "after": record.after,
            "detail": record.detail,
        }
    )


def _hash(content: dict[str, Any]) -> bytes:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).digest()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
