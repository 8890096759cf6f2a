"""A step that changes of organisations share: what sessions say of their members follows at once."""

from collections.abc import Iterable
from uuid import UUID

import structlog

from auth.domain.accounts import Account
from auth.domain.audit import Action, ActorKind, Target
from auth.domain.organisations import Organisation
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database
from chassis.errors import ServiceUnavailableError

_log = structlog.get_logger()


class Rights:
    """Rewrites the sessions of accounts whose rights changed.

    Parameters
    ----------
    database
        Where accounts are.
    sessions
        Rewrites them.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def rewrite(self, user_ids: Iterable[UUID]) -> None:
        """Make every session of these accounts say what is true now, after the commit.

        Raises
        ------
        ServiceUnavailableError
            Some may say what they said for five more minutes; a retry of the change is safe and completes it.
        """
        for user_id in user_ids:
            async with self._database.read() as connection:
                account = await find_account(connection, user_id)
            if account is not None:
                await self._sessions.rewrite_all(subject_of(account))

    async def rewrite_others(self, account: Account) -> None:
        """Do so for an account whose one session has just got another id, of which its holder has to learn."""
        try:
            await self._sessions.rewrite_all(subject_of(account))
        except ServiceUnavailableError:
            _log.warning("sessions_not_rewritten", subject=str(account.id))


async def record(
    connection: Connection,
    action: Action,
    organisation: Organisation,
    *,
    user_id: UUID,
    caller: Caller,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    member: UUID | None = None,
) -> None:
    """Write what an account did to an organisation into both logs, and into that of the member it did it to.

    The member's entry is without the doer's network address, which is nobody else's business.
    """
    shared = {} if member is None else {"member": str(member)}
    await append_audit(
        connection,
        action,
        user_id=user_id,
        address=caller.address,
        target=Target("organisation", str(organisation.id)),
        before=before if before is None else {**before, **shared},
        after=after if after is None else {**after, **shared},
    )
    if member is not None and member != user_id:
        await append_audit(
            connection,
            action,
            user_id=member,
            address=None,
            actor=(ActorKind.ACCOUNT, user_id),
            target=Target("membership", str(organisation.id)),
            before=before,
            after=after,
        )
