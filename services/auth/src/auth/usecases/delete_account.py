"""Somebody deletes their account."""

from uuid import UUID

from auth.domain.accounts import leaves_none
from auth.domain.audit import Action
from auth.domain.emails import Email, parse_email
from auth.domain.errors import DeletionNotConfirmedError, SessionEndedError
from auth.domain.organisation_errors import LastAdministratorError, LastOwnerError
from auth.storage.accounts import find_account, lock_with_administrators, next_event_sequence
from auth.storage.audit import append_audit
from auth.storage.organisations.members import find_owned_alone, lock_organisations_of
from auth.storage.personal_data import erase_account
from auth.storage.tokens.entries import TokenEntries
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from chassis.clock import Clock
from chassis.db import Database
from chassis.outbox import append_event
from contracts.events.accounts import AccountDeleted


class DeleteAccount:
    """Deletes an account: here at once, everywhere else by an event.

    Parameters
    ----------
    database
        Where accounts are.
    sessions, tokens
        End the sessions, and what the gateway reads of API tokens.
    clock
        Dates the event.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer, tokens: TokenEntries, clock: Clock) -> None:
        self._database = database
        self._sessions = sessions
        self._tokens = tokens
        self._clock = clock

    async def execute(self, user_id: UUID, *, email: Email, caller: Caller) -> None:
        """Delete the account and end its sessions, before the commit: where that fails, people are signed out at worst.

        Parameters
        ----------
        email
            The account's address, as a sign that it is meant.

        Raises
        ------
        DeletionNotConfirmedError
            It is another address.
        LastOwnerError, LastAdministratorError
            An organisation would be without an owner, or the platform without an administrator.
        SessionEndedError
            The session that asks is over, or the account is gone already.
        ServiceUnavailableError
            The account is there still; a retry is safe.
        """
        await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            await lock_organisations_of(connection, user_id)
            administrators = await lock_with_administrators(connection, user_id)
            account = await find_account(connection, user_id)
            if account is None:
                raise SessionEndedError("the account of this session does not exist")
            if parse_email(account.email).key != email.key:
                raise DeletionNotConfirmedError("the address is not that of the account")
            alone = await find_owned_alone(connection, user_id)
            if alone is not None:
                raise LastOwnerError(f"nobody else is owner of {alone!r}")
            if leaves_none(administrators, user_id=user_id, wanted=()):
                raise LastAdministratorError("nobody else is administrator")
            event = AccountDeleted(user_id=user_id, deleted_at=self._clock.now())
            sequence = await next_event_sequence(connection, user_id)
            await append_event(connection, data=event, key=str(user_id), sequence=sequence)
            await append_audit(connection, Action.DELETED, user_id=user_id, address=caller.address)
            await erase_account(connection, user_id)
            await self._tokens.drop_all(user_id)
            await self._sessions.end_all(user_id)
