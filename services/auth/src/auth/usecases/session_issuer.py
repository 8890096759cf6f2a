"""A step that several use cases share: sessions that carry a signed identity."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth.domain.devices import Origin
from auth.domain.errors import SessionEndedError
from auth.domain.identity_signer import IdentitySigner, SignedIdentity
from auth.domain.sessions import (
    Authentication,
    SessionLimits,
    Subject,
    authenticated,
    find_session_hash,
    hash_prefix,
    new_session_id,
)
from auth.storage.sessions import ListedSession, SessionStore, StoredSession
from auth.storage.tokens.entries import TokenEntries
from chassis.clock import Clock
from contracts.identity import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A session that was just opened.

    Parameters
    ----------
    session_id
        The secret that its owner presents; it is shown once and kept nowhere.
    expires_at
        When it ends unless it is used.
    ttl_seconds
        The same as a duration.
    """

    session_id: str
    identity: SignedIdentity
    expires_at: datetime
    ttl_seconds: int

    @property
    def session_hash(self) -> str:
        """Under which it is kept."""
        return find_session_hash(self.session_id) or ""

    @property
    def name(self) -> str:
        """What the audit calls the session."""
        return hash_prefix(self.session_hash)


@dataclass(frozen=True, slots=True)
class RenewedSession:
    """A session's identity now, and how many seconds the session lives on unless it is used."""

    identity: SignedIdentity
    ttl_seconds: int


class SessionIssuer:
    """Opens, renews, rewrites and ends sessions.

    Every method raises `chassis.errors.ServiceUnavailableError` where Redis is away; a retry is safe.

    Parameters
    ----------
    store
        Where sessions are.
    tokens
        The account's API tokens as the gateway knows them: they carry the same rights.
    signer
        Signs identities.
    clock
        Source of the present.
    limits
        As the store's.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        tokens: TokenEntries,
        signer: IdentitySigner,
        clock: Clock,
        limits: SessionLimits,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._signer = signer
        self._clock = clock
        self._limits = limits

    async def find(self, session_id: str | None) -> StoredSession | None:
        """Read the session of an id as it came from outside."""
        session_hash = find_session_hash(session_id)
        return None if session_hash is None else await self._store.find(session_hash)

    async def find_own(self, session_id: str | None, subject_id: UUID) -> StoredSession:
        """Read the session that asks for a subject.

        The gateway may take a session for alive for a second more; what it decides must not outlive it.

        Raises
        ------
        SessionEndedError
            It is over, or another's.
        """
        session = await self.find(session_id)
        if session is None or session.subject_id != subject_id:
            raise SessionEndedError("the session of this request is over")
        return session

    def authenticated(self, *methods: Method) -> Authentication:
        """Say that somebody has proved at this moment who they are."""
        return authenticated(self._clock.now(), *methods)

    async def open(self, subject: Subject, *, origin: Origin, authentication: Authentication) -> OpenedSession:
        """Open a session under a fresh id."""
        session_id = new_session_id()
        session_hash = find_session_hash(session_id) or ""
        now = self._clock.now()
        identity = self._signer.sign(subject, session_hash=session_hash, authentication=authentication, now=now)
        await self._store.create(
            session_hash, subject=subject, authentication=authentication, identity=identity, now=now, origin=origin
        )
        ttl_seconds = self._limits.ttl_seconds
        if subject.kind == "user":
            ttl_seconds = min(ttl_seconds, self._limits.max_life_seconds)
        return OpenedSession(
            session_id=session_id,
            identity=identity,
            expires_at=now + timedelta(seconds=ttl_seconds),
            ttl_seconds=ttl_seconds,
        )

    async def rotate(
        self, session: StoredSession, subject: Subject, *, authentication: Authentication | None = None
    ) -> OpenedSession:
        """Let a session go on under a fresh id; the former one is dead at once.

        Parameters
        ----------
        authentication
            Where the holder has just proved again who they are; else it stays.

        Raises
        ------
        SessionEndedError
            It is over.
        """
        session_id = new_session_id()
        session_hash = find_session_hash(session_id) or ""
        authentication = authentication or session.authentication
        now = self._clock.now()
        identity = self._signer.sign(subject, session_hash=session_hash, authentication=authentication, now=now)
        lives_seconds = await self._store.rotate(
            session, session_hash, subject=subject, identity=identity, now=now, authentication=authentication
        )
        if lives_seconds is None:
            raise SessionEndedError("the session of this request is over")
        return OpenedSession(
            session_id=session_id,
            identity=identity,
            expires_at=now + timedelta(seconds=lives_seconds),
            ttl_seconds=lives_seconds,
        )

    async def renew(self, session: StoredSession, subject: Subject) -> RenewedSession | None:
        """Give the session a fresh identity and let it live on; None where it ended meanwhile."""
        now = self._clock.now()
        identity = self._sign(session, subject)
        stands = await self._store.renew(session.session_hash, subject=subject, identity=identity, now=now)
        return None if stands is None else RenewedSession(stands.identity, stands.lives_seconds)

    async def rewrite_all(self, subject: Subject) -> None:
        """Make every session and API token of a subject say what is true of it now."""
        await self._tokens.drop_all(subject.id)
        for session_hash in await self._store.hashes_of(subject.id):
            session = await self._store.find(session_hash)
            if session is not None:
                await self._store.rewrite(session_hash, subject=subject, identity=self._sign(session, subject))

    def _sign(self, session: StoredSession, subject: Subject) -> SignedIdentity:
        return self._signer.sign(
            subject,
            session_hash=session.session_hash,
            authentication=session.authentication,
            now=self._clock.now(),
        )

    async def list_of(self, subject_id: UUID) -> list[ListedSession]:
        """Read a subject's sessions that are alive, the last used first."""
        return await self._store.list_of(subject_id)

    async def end(self, session: StoredSession) -> bool:
        """End a session and say whether there still was one."""
        return await self._store.end(session)

    async def end_all(self, subject_id: UUID, *, but: str = "") -> list[str]:
        """End every session of a subject but the one of this hash, and give the hashes of those that ended.

        API tokens are looked up anew, so that they end with their account.
        """
        await self._tokens.drop_all(subject_id)
        return await self._store.end_all(subject_id, but=but)
