"""Sessions in Redis.

========================= ==== ======================================================================================
``session:<hash>``        hash ``identity`` (JWT), ``identity_expires_at`` (seconds since the epoch), ``subject``,
                               ``kind``, ``revision`` (of the account when the token was signed)
``sessions-of:<subject>`` zset the hashes of a subject's sessions, by the second in which each ends unless it is used
========================= ==== ======================================================================================

Both end by themselves. The gateway reads the first; only this service writes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from redis.asyncio import Redis

from auth.domain.identity_signer import SignedIdentity
from auth.domain.sessions import Subject
from auth.storage.redis_client import redis_outages
from auth.storage.session_scripts import CREATE, END, WRITE_IDENTITY
from contracts.identity import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """What is kept of a session, as far as it matters here."""

    session_hash: str
    subject_id: UUID
    kind: Kind


class SessionStore:
    """All sessions.

    Parameters
    ----------
    redis
        The client; see `auth.storage.redis_client.connect_redis`.
    ttl_seconds
        How long a session lives without being used.
    """

    def __init__(self, *, redis: Redis, ttl_seconds: int) -> None:
        self._redis = redis
        self._ttl_seconds = ttl_seconds
        self._create = redis.register_script(CREATE)
        self._write_identity = redis.register_script(WRITE_IDENTITY)
        self._end = redis.register_script(END)

    async def create(self, session_hash: str, *, subject: Subject, identity: SignedIdentity, now: datetime) -> None:
        """Write a new session.

        Raises
        ------
        ServiceUnavailableError
            Redis is away; the session may exist, but nobody knows its id.
        """
        arguments: list[str | int] = [
            session_hash,
            identity.token,
            identity.expires_at,
            str(subject.id),
            subject.kind,
            subject.revision,
            int(now.timestamp()),
            self._ttl_seconds,
        ]
        with redis_outages():
            await self._create(keys=[_key(session_hash), _index(subject.id)], args=arguments)

    async def find(self, session_hash: str) -> StoredSession | None:
        """Read a session; raises `ServiceUnavailableError` where Redis is away."""
        with redis_outages():
            found: list[Any] = await self._redis.hmget(_key(session_hash), ["subject", "kind"])
        subject, kind = found
        if subject is None or kind not in KINDS:
            return None
        return StoredSession(session_hash=session_hash, subject_id=UUID(subject), kind=kind)

    async def renew(
        self, session_hash: str, *, subject: Subject, identity: SignedIdentity, now: datetime
    ) -> SignedIdentity | None:
        """Write a fresh identity and let the session live on.

        Returns
        -------
        SignedIdentity
            What the session carries now: a newer one where rights changed meanwhile; None where the session is over.

        Raises
        ------
        ServiceUnavailableError
            Redis is away; a retry is safe.
        """
        return await self._write(session_hash, subject, identity, second=int(now.timestamp()), slide=self._ttl_seconds)

    async def rewrite(self, session_hash: str, *, subject: Subject, identity: SignedIdentity) -> None:
        """Write an identity of changed rights, without making the session live longer; errors as `renew`."""
        await self._write(session_hash, subject, identity, second=0, slide=0)

    async def _write(
        self, session_hash: str, subject: Subject, identity: SignedIdentity, *, second: int, slide: int
    ) -> SignedIdentity | None:
        arguments: list[str | int] = [
            session_hash,
            identity.token,
            identity.expires_at,
            subject.revision,
            second,
            slide,
        ]
        with redis_outages():
            stands = await self._write_identity(keys=[_key(session_hash), _index(subject.id)], args=arguments)
        return None if stands is None else SignedIdentity(stands[0], int(stands[1]))

    async def hashes_of(self, subject_id: UUID) -> list[str]:
        """List a subject's sessions; some may be over. Errors as `find`."""
        with redis_outages():
            return [str(found) for found in await self._redis.zrange(_index(subject_id), 0, -1)]

    async def end(self, session: StoredSession) -> None:
        """End a session; ending it again does nothing. Errors as `renew`."""
        keys = [_key(session.session_hash), _index(session.subject_id)]
        with redis_outages():
            await self._end(keys=keys, args=[session.session_hash])

    async def end_all(self, subject_id: UUID) -> None:
        """End every session of a subject. Errors as `renew`."""
        hashes = await self.hashes_of(subject_id)
        with redis_outages():
            await self._redis.delete(*map(_key, hashes), _index(subject_id))


def _key(session_hash: str) -> str:
    return f"session:{session_hash}"


def _index(subject_id: UUID) -> str:
    return f"sessions-of:{subject_id}"
