"""Sessions in Redis.

========================= ==== ======================================================================================
``session:<hash>``        hash ``identity`` (JWT), ``identity_expires_at`` (seconds since the epoch), ``subject``,
                               ``kind``, ``revision`` (of the account when the token was signed), ``opened_at``,
                               ``seen_at`` (last renewal), ``ends_at`` (accounts' only: whatever its use), ``device``,
                               ``network``, ``authenticated_at`` and ``methods`` (comma-separated): when
                               and how its holder proved who they are
``sessions-of:<subject>`` zset the hashes of a subject's sessions, by the second in which each ends unless it is used
========================= ==== ======================================================================================

Both end by themselves. The gateway reads the first; only this service writes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

from redis.asyncio import Redis

from auth.domain.devices import UNKNOWN_DEVICE, UNKNOWN_NETWORK, Origin
from auth.domain.identity_signer import SignedIdentity
from auth.domain.sessions import NOBODY, Authentication, SessionLimits, Subject
from auth.storage.redis_client import redis_outages
from auth.storage.session_scripts import CREATE, END, END_ALL, LIST, ROTATE, WRITE_IDENTITY
from contracts.identity import Kind, Method

KINDS: tuple[Kind, ...] = get_args(Kind)
_FOUND = ("subject", "kind", "opened_at", "authenticated_at", "methods")
METHODS: tuple[Method, ...] = get_args(Method)
_LISTED = ("opened_at", "seen_at", "device", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """What is kept of a session, as far as it matters here.

    Parameters
    ----------
    opened_at
        None for a session of a time when that was not kept.
    """

    session_hash: str
    subject_id: UUID
    kind: Kind
    opened_at: datetime | None = None
    authentication: Authentication = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    """A session as its owner sees it.

    Parameters
    ----------
    opened_at, seen_at
        None for a session of a time when that was not kept. `seen_at` is the last renewal, so up to five minutes early.
    """

    session_hash: str
    origin: Origin
    opened_at: datetime | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a session carries after a renewal, and how many seconds it lives on unless it is used."""

    identity: SignedIdentity
    lives_seconds: int


class SessionStore:
    """All sessions.

    Parameters
    ----------
    redis
        The client; see `auth.storage.redis_client.connect_redis`.
    limits
        How long sessions live, and how many an account has.
    """

    def __init__(self, *, redis: Redis, limits: SessionLimits) -> None:
        self._redis = redis
        self._limits = limits
        self._create = redis.register_script(CREATE)
        self._write_identity = redis.register_script(WRITE_IDENTITY)
        self._rotate = redis.register_script(ROTATE)
        self._end = redis.register_script(END)
        self._list = redis.register_script(LIST)
        self._end_all = redis.register_script(END_ALL)

    async def create(
        self,
        session_hash: str,
        *,
        subject: Subject,
        identity: SignedIdentity,
        now: datetime,
        origin: Origin,
        authentication: Authentication = NOBODY,
    ) -> None:
        """Write a new session; where the subject has too many, the one unused for longest ends.

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
            self._limits.ttl_seconds,
            # A visitor has no other way back to what it owns than its session.
            self._limits.max_life_seconds if subject.kind == "user" else 0,
            self._limits.max_sessions,
            origin.device,
            origin.network,
            authentication.at,
            ",".join(authentication.methods),
        ]
        with redis_outages():
            await self._create(keys=[_key(session_hash), _index(subject.id)], args=arguments)

    async def rotate(
        self,
        former: StoredSession,
        session_hash: str,
        *,
        subject: Subject,
        identity: SignedIdentity,
        now: datetime,
        authentication: Authentication,
    ) -> int | None:
        """Let a session go on under another id.

        Returns
        -------
        int
            For how many seconds it lives unless it is used; None where it is over.

        Raises
        ------
        ServiceUnavailableError
            Redis is away; the session may be over.
        """
        keys = [_key(session_hash), _index(subject.id), _key(former.session_hash)]
        arguments: list[str | int] = [
            session_hash,
            former.session_hash,
            identity.token,
            identity.expires_at,
            subject.revision,
            authentication.at,
            ",".join(authentication.methods),
            int(now.timestamp()),
        ]
        with redis_outages():
            lives_seconds: int | None = await self._rotate(keys=keys, args=arguments)
        return lives_seconds

    async def find(self, session_hash: str) -> StoredSession | None:
        """Read a session; raises `ServiceUnavailableError` where Redis is away."""
        with redis_outages():
            found: list[Any] = await self._redis.hmget(_key(session_hash), _FOUND)
        subject, kind, opened_at, authenticated_at, methods = found
        if subject is None or kind not in KINDS:
            return None
        return StoredSession(
            session_hash=session_hash,
            subject_id=UUID(subject),
            kind=kind,
            opened_at=_instant(opened_at),
            authentication=_authentication(authenticated_at, methods),
        )

    async def renew(
        self, session_hash: str, *, subject: Subject, identity: SignedIdentity, now: datetime
    ) -> Standing | None:
        """Write a fresh identity and let the session live on, within its longest life.

        Returns
        -------
        Standing
            What the session carries now: a newer identity where rights changed meanwhile; None where it is over.

        Raises
        ------
        ServiceUnavailableError
            Redis is away; a retry is safe.
        """
        slide = self._limits.ttl_seconds
        return await self._write(session_hash, subject, identity, second=int(now.timestamp()), slide=slide)

    async def rewrite(self, session_hash: str, *, subject: Subject, identity: SignedIdentity) -> None:
        """Write an identity of changed rights, without making the session live longer; errors as `renew`."""
        await self._write(session_hash, subject, identity, second=0, slide=0)

    async def _write(
        self, session_hash: str, subject: Subject, identity: SignedIdentity, *, second: int, slide: int
    ) -> Standing | None:
        arguments: list[str | int] = [
            session_hash,
            identity.token,
            identity.expires_at,
            subject.revision,
            second,
            slide,
            self._limits.max_life_seconds,
        ]
        with redis_outages():
            stands = await self._write_identity(keys=[_key(session_hash), _index(subject.id)], args=arguments)
        return None if stands is None else Standing(SignedIdentity(stands[0], int(stands[1])), int(stands[2]))

    async def hashes_of(self, subject_id: UUID) -> list[str]:
        """List a subject's sessions; some may be over. Errors as `find`."""
        with redis_outages():
            return [str(found) for found in await self._redis.zrange(_index(subject_id), 0, -1)]

    async def list_of(self, subject_id: UUID) -> list[ListedSession]:
        """Read a subject's sessions that are alive, the last used first. Errors as `find`."""
        with redis_outages():
            found = await self._list(keys=[_index(subject_id)], args=_LISTED)
        return [_listed(*fields) for fields in found]

    async def end(self, session: StoredSession) -> bool:
        """End a session and say whether there still was one. Errors as `renew`."""
        keys = [_key(session.session_hash), _index(session.subject_id)]
        with redis_outages():
            return bool(await self._end(keys=keys, args=[session.session_hash]))

    async def end_all(self, subject_id: UUID, *, but: str = "") -> list[str]:
        """End every session of a subject but one, and give the hashes of those that ended. Errors as `renew`."""
        with redis_outages():
            return [str(ended) for ended in await self._end_all(keys=[_index(subject_id)], args=[but])]


def _listed(
    session_hash: str, opened_at: str | None, seen_at: str | None, device: str | None, network: str | None
) -> ListedSession:
    return ListedSession(
        session_hash=session_hash,
        origin=Origin(device or UNKNOWN_DEVICE, network or UNKNOWN_NETWORK),
        opened_at=_instant(opened_at),
        seen_at=_instant(seen_at),
    )


def _authentication(second: str | None, methods: str | None) -> Authentication:
    named = (methods or "").split(",")
    return Authentication(at=int(second or 0), methods=tuple(method for method in METHODS if method in named))


def _instant(second: str | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(int(second), UTC)


def _key(session_hash: str) -> str:
    return f"session:{session_hash}"


def _index(subject_id: UUID) -> str:
    return f"sessions-of:{subject_id}"
