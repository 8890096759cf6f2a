"""An administrator finds an account and changes its roles."""

from typing import NoReturn
from uuid import UUID

from auth.domain.accounts import Account, leaves_none, with_roles
from auth.domain.audit import Action, ActorKind, Target
from auth.domain.emails import Email
from auth.domain.organisation_errors import AccountNotFoundError, LastAdministratorError
from auth.domain.sessions import subject_of
from auth.storage.accounts import find_account, find_account_by_email, lock_with_administrators, set_roles
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database
from chassis.errors import ForbiddenError, PlatformError
from contracts.identity import Role


class AdministerRoles:
    """Changes roles; sessions follow at once.

    Parameters
    ----------
    database
        Where accounts are.
    sessions
        Rewrites or ends the account's sessions.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer) -> None:
        self._database = database
        self._sessions = sessions

    async def find(self, email: Email) -> Account | None:
        """Find the account of an address."""
        async with self._database.read() as connection:
            return await find_account_by_email(connection, email)

    async def execute(
        self, *, administrator_id: UUID, user_id: UUID, roles: tuple[Role, ...], caller: Caller
    ) -> Account:
        """Give an account exactly these roles, and ``user``; a retry is safe.

        More roles end the account's sessions: whoever learnt the id of one must not gain them, and nobody can hand
        their holders another. Fewer roles are rewritten into them.

        Raises
        ------
        AccountNotFoundError
            There is none.
        LastAdministratorError
            Nobody else is administrator.
        ForbiddenError
            The caller is no longer administrator.
        ServiceUnavailableError
            The sessions may say what they said for five more minutes; a retry completes the change.
        """
        try:
            async with self._database.transaction() as connection:
                account = await self._change(connection, administrator_id, user_id, with_roles((), roles), caller)
        except (ForbiddenError, LastAdministratorError) as error:
            await self._refuse(administrator_id, user_id, caller, error)
        await self._sessions.rewrite_all(subject_of(account))
        return account

    async def _change(
        self, connection: Connection, administrator_id: UUID, user_id: UUID, wanted: tuple[Role, ...], caller: Caller
    ) -> Account:
        administrators = await lock_with_administrators(connection, user_id)
        account = await find_account(connection, user_id)
        if administrator_id not in administrators:
            raise ForbiddenError("you are no longer administrator")
        if account is None:
            raise AccountNotFoundError(f"no account has the id {user_id}")
        if leaves_none(administrators, user_id=user_id, wanted=wanted):
            raise LastAdministratorError("nobody else is administrator")
        if wanted != account.roles:
            await set_roles(connection, user_id=user_id, roles=wanted)
            await _record(connection, administrator_id, account, wanted, caller)
        if not set(wanted) <= set(account.roles):
            # Before the commit: where that fails, people are signed out at worst.
            await self._sessions.end_all(user_id)
        return await find_account(connection, user_id) or account

    async def _refuse(self, administrator_id: UUID, user_id: UUID, caller: Caller, error: PlatformError) -> NoReturn:
        async with self._database.transaction() as connection:
            await append_audit(
                connection,
                Action.ROLES_CHANGE_REFUSED,
                user_id=administrator_id,
                address=caller.address,
                target=Target("account", str(user_id)),
                reason=error.code,
            )
        raise error


async def _record(
    connection: Connection, administrator_id: UUID, account: Account, wanted: tuple[Role, ...], caller: Caller
) -> None:
    """Write it into the administrator's log, and into the account's without the administrator's network address."""
    before: dict[str, object] = {"roles": list(account.roles)}
    after: dict[str, object] = {"roles": list(wanted)}
    await append_audit(
        connection,
        Action.ROLES_CHANGED,
        user_id=administrator_id,
        address=caller.address,
        target=Target("account", str(account.id)),
        before=before,
        after=after,
    )
    if account.id != administrator_id:
        await append_audit(
            connection,
            Action.ROLES_CHANGED,
            user_id=account.id,
            address=None,
            actor=(ActorKind.ACCOUNT, administrator_id),
            before=before,
            after=after,
        )
