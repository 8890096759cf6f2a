"""The operator states which account must exist."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from auth.clients.password_threads import PasswordThreads
from auth.domain.accounts import Account, with_roles
from auth.domain.audit import Action
from auth.domain.emails import Email
from auth.storage.accounts import (
    find_account,
    find_account_locked,
    find_credentials,
    insert_account,
    set_password_hash,
    set_roles,
)
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.accounts import AccountRegistered
from contracts.identity import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsuredUser:
    """The account as it is now, and what had to be done for it."""

    account: Account
    was_created: bool
    password_was_set: bool
    roles_granted: tuple[Role, ...]


class EnsureUser:
    """Makes an account exist with a password and at least some roles.

    Parameters
    ----------
    database
        Where accounts are.
    passwords
        Hashes and checks them.
    sessions
        Ends the account's sessions.
    """

    def __init__(self, *, database: Database, passwords: PasswordThreads, sessions: SessionIssuer) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = sessions

    async def execute(self, *, email: Email, password: str, name: str, roles: tuple[Role, ...]) -> EnsuredUser:
        """Make it so; a repeat changes nothing, and an existing account keeps its name and its other roles.

        Another password than the present one replaces it; that, and more roles, end the account's sessions.

        Raises
        ------
        ServiceUnavailableError
            A retry is safe.
        """
        async with self._database.read() as connection:
            found = await find_credentials(connection, email)
        fits = found is not None and await self._passwords.check(found.password_hash, password)
        password_hash = None if fits else await self._passwords.hash(password)
        async with self._database.transaction() as connection:
            user_id = found.user_id if found is not None else await _create(connection, email=email, name=name)
            account = await _locked(connection, user_id)
            if password_hash is not None:
                await set_password_hash(connection, user_id=user_id, password_hash=password_hash)
                await append_audit(connection, Action.PASSWORD_SET, user_id=user_id, address=None)
            granted = await _grant(connection, account, roles)
            if password_hash is not None or granted:
                # Before the commit: where that fails, people are signed out at worst. No session gets the roles under
                # its present id, and a command can hand nobody another one.
                await self._sessions.end_all(user_id)
            account = await find_account(connection, user_id) or account
        return EnsuredUser(
            account=account,
            was_created=found is None,
            password_was_set=password_hash is not None,
            roles_granted=granted,
        )


async def _create(connection: Connection, *, email: Email, name: str) -> UUID:
    user_id = uuid4()
    created_at = await insert_account(connection, user_id=user_id, email=email, name=name)
    if created_at is None:
        raise RuntimeError("somebody registered this address at this very moment; run the command again")
    registered = AccountRegistered(user_id=user_id, name=name, registered_at=created_at)
    await append_event(connection, data=registered, key=str(user_id), sequence=1)
    await append_audit(connection, Action.REGISTERED, user_id=user_id, address=None, after={"name": name})
    return user_id


async def _locked(connection: Connection, user_id: UUID) -> Account:
    account = await find_account_locked(connection, user_id)
    if account is None:
        raise RuntimeError("the account was removed at this very moment; run the command again")
    return account


async def _grant(connection: Connection, account: Account, roles: tuple[Role, ...]) -> tuple[Role, ...]:
    wanted = with_roles(account.roles, roles)
    granted = tuple(role for role in wanted if role not in account.roles)
    if granted:
        await set_roles(connection, user_id=account.id, roles=wanted)
        await append_audit(
            connection,
            Action.ROLES_GRANTED,
            user_id=account.id,
            address=None,
            before={"roles": list(account.roles)},
            after={"roles": list(wanted)},
        )
    return granted
