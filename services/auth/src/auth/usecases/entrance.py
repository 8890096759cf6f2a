"""The last steps of registering and of signing in, which are the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from auth.domain.accounts import Account
from auth.domain.audit import Action, Target
from auth.domain.limits import network_of
from auth.domain.sessions import subject_of
from auth.storage.accounts import next_event_sequence
from auth.storage.anonymous import insert_claim
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.known_networks import note_network
from auth.storage.sessions import StoredSession
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import OpenedSession, SessionIssuer
from chassis.errors import ServiceUnavailableError
from chassis.outbox import append_event
from contracts.events.accounts import AnonymousClaimed
from contracts.identity import Method

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Somebody is signed in."""

    account: Account
    session: OpenedSession


class Entrance:
    """Lets an account in: its visitor's identity is claimed, its session is a new one.

    Parameters
    ----------
    sessions
        Opens and ends sessions.
    """

    def __init__(self, *, sessions: SessionIssuer) -> None:
        self._sessions = sessions

    async def find_former(self, caller: Caller) -> StoredSession | None:
        """Read the session with which the caller came, before the transaction."""
        return await self._sessions.find(caller.session_id)

    async def enter(
        self,
        connection: Connection,
        account: Account,
        *,
        former: StoredSession | None,
        caller: Caller,
        methods: Sequence[Method],
    ) -> OpenedSession:
        """Claim what the caller's visitor owns and open a session, as the last step of a transaction.

        The account's row must be locked; `methods` are how the caller has just proved to be it. The session is written
        before the commit: where Redis is away nothing at all happens, and where the commit fails a session remains
        whose id nobody was told.

        Raises
        ------
        ServiceUnavailableError
            Redis is away.
        """
        if former is not None and former.kind == "anonymous":
            await _claim(connection, user_id=account.id, anonymous_id=former.subject_id, caller=caller)
        authentication = self._sessions.authenticated(*methods)
        return await self._sessions.open(subject_of(account), origin=caller.origin, authentication=authentication)

    async def sign_in(
        self,
        connection: Connection,
        account: Account,
        *,
        former: StoredSession | None,
        caller: Caller,
        methods: Sequence[Method],
    ) -> OpenedSession:
        """As `enter`, for an account that was there: the audit says how, and its network is known from now on."""
        await note_network(connection, user_id=account.id, network=network_of(caller.address))
        session = await self.enter(connection, account, former=former, caller=caller, methods=methods)
        await append_audit(
            connection,
            Action.SIGNED_IN,
            user_id=account.id,
            address=caller.address,
            target=Target("session", session.name),
            reason=methods[-1],
        )
        return session

    async def leave_former(self, former: StoredSession | None) -> None:
        """End the session with which the caller came, after the commit."""
        if former is None:
            return
        try:
            await self._sessions.end(former)
        except ServiceUnavailableError:
            # The sign-in has happened. A visitor's session is refused at its next renewal by the claim; an account's
            # own lives on until it ends by itself or by signing out.
            _log.warning("former_session_not_ended", subject=str(former.subject_id), kind=former.kind)


async def _claim(connection: Connection, *, user_id: UUID, anonymous_id: UUID, caller: Caller) -> None:
    claimed_at = await insert_claim(connection, anonymous_id=anonymous_id, user_id=user_id)
    if claimed_at is None:
        return  # the first claim stands, and whoever comes later signs in without it
    claimed = AnonymousClaimed(user_id=user_id, anonymous_id=anonymous_id, claimed_at=claimed_at)
    sequence = await next_event_sequence(connection, user_id)
    await append_event(connection, data=claimed, key=str(user_id), sequence=sequence)
    await append_audit(
        connection,
        Action.ANONYMOUS_CLAIMED,
        user_id=user_id,
        address=caller.address,
        target=Target("anonymous", str(anonymous_id)),
    )
