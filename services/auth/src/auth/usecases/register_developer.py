"""An account becomes a developer."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from auth.domain.accounts import Account, DeveloperProfile, with_roles
from auth.domain.audit import Action
from auth.domain.errors import DeveloperExistsError, SessionEndedError
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account, find_account_locked, next_event_sequence, set_roles
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.developers import find_profile, insert_profile
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import OpenedSession, SessionIssuer
from chassis.db import Database
from chassis.errors import ServiceUnavailableError
from chassis.outbox import append_event
from contracts.events.accounts import DeveloperRegistered

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RegisteredDeveloper:
    """The profile, and the session under its new id where this very call made the profile."""

    profile: DeveloperProfile
    session: OpenedSession | None


class RegisterDeveloper:
    """Gives an account a developer profile and the role.

    Parameters
    ----------
    database
        Where accounts are.
    sessions
        Gives the session that asks another id, and rewrites the others, so that the account can publish at once.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def execute(
        self, *, user_id: UUID, display_name: str, website: str | None, caller: Caller
    ) -> RegisteredDeveloper:
        """Make the profile; the same call again finds it.

        Raises
        ------
        DeveloperExistsError
            There is a profile of other content.
        SessionEndedError
            The session that asks is over, or its account gone.
        ServiceUnavailableError
            A retry is safe.
        """
        former = await self._sessions.find_own(caller.session_id, user_id)
        session: OpenedSession | None = None
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, user_id)
            if account is None:
                raise SessionEndedError("the account of this session does not exist")
            profile = await find_profile(connection, user_id)
            if profile is None:
                profile = await insert_profile(connection, user_id=user_id, display_name=display_name, website=website)
                await _record(connection, account, profile, caller)
                account = await find_account(connection, user_id) or account
                # More rights, another id: whoever learnt the former one has gained nothing.
                session = await self._sessions.rotate(former, subject_of(account))
        if (profile.display_name, profile.website) != (display_name, website):
            await self._record_refusal(user_id, caller)
            raise DeveloperExistsError("there is a developer profile of this account with other content")
        if session is not None:
            await self._rewrite_others(account)
        return RegisteredDeveloper(profile, session)

    async def _rewrite_others(self, account: Account) -> None:
        try:
            await self._sessions.rewrite_all(subject_of(account))
        except ServiceUnavailableError:
            # The caller has to learn the new id; the other sessions gain the role at their next renewal.
            _log.warning("sessions_not_rewritten", subject=str(account.id))

    async def _record_refusal(self, user_id: UUID, caller: Caller) -> None:
        async with self._database.transaction() as connection:
            await append_audit(
                connection,
                Action.DEVELOPER_REFUSED,
                user_id=user_id,
                address=caller.address,
                reason="other-profile-exists",
            )


async def _record(connection: Connection, account: Account, profile: DeveloperProfile, caller: Caller) -> None:
    roles = with_roles(account.roles, ("developer",))
    await set_roles(connection, user_id=account.id, roles=roles)
    registered = DeveloperRegistered(
        user_id=account.id,
        display_name=profile.display_name,
        website=profile.website,
        registered_at=profile.registered_at,
    )
    sequence = await next_event_sequence(connection, account.id)
    await append_event(connection, data=registered, key=str(account.id), sequence=sequence)
    await append_audit(
        connection,
        Action.DEVELOPER_REGISTERED,
        user_id=account.id,
        address=caller.address,
        before={"roles": list(account.roles)},
        after={"roles": list(roles), "display_name": profile.display_name, "website": profile.website},
    )
