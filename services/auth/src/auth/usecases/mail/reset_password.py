"""Somebody who reads the mails to an account's address sets another password."""

from auth.clients.password_threads import PasswordThreads
from auth.domain.audit import Action
from auth.domain.errors import MailTokenInvalidError
from auth.domain.limits import network_of
from auth.domain.mail_tokens import TokenPurpose, hash_mail_token
from auth.domain.mails import MailKind
from auth.storage.accounts import find_account_locked, set_email_verified, set_password_hash
from auth.storage.audit import append_audit
from auth.storage.known_networks import note_network
from auth.storage.mails.outbox import append_mail
from auth.storage.mails.tokens import find_token, use_token
from auth.usecases.caller import Caller
from auth.usecases.mail.token_guard import TokenGuard
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database


class ResetPassword:
    """Uses a token of a reset mail. It signs nobody in: who resets may lack the second factor.

    Parameters
    ----------
    database
        Where accounts are.
    passwords
        Hashes them.
    sessions
        Ends all of the account.
    guard
        Counts failures.
    """

    def __init__(
        self, *, database: Database, passwords: PasswordThreads, sessions: SessionIssuer, guard: TokenGuard
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = sessions
        self._guard = guard

    async def execute(self, token: str, *, new_password: str, caller: Caller) -> None:
        """Set the password, end every session, and confirm the address, whose mails were read.

        Raises
        ------
        MailTokenInvalidError
            Nothing has changed.
        RateLimitedError
            Too many tokens did not fit.
        PasswordWorkBusyError, ServiceUnavailableError
            The password is as it was, and so is the token; a retry is safe.
        """
        await self._guard.admit(caller)
        token_hash = hash_mail_token(token)
        async with self._database.read() as connection:
            if await find_token(connection, TokenPurpose.PASSWORD_RESET, token_hash) is None:
                raise MailTokenInvalidError("no newest mail of an account holds this code")
        password_hash = await self._passwords.hash(new_password)
        async with self._database.transaction() as connection:
            user_id = await use_token(connection, TokenPurpose.PASSWORD_RESET, token_hash)
            account = None if user_id is None else await find_account_locked(connection, user_id)
            if account is None:
                raise MailTokenInvalidError("the code was used at this very moment")
            await set_password_hash(connection, user_id=account.id, password_hash=password_hash)
            await set_email_verified(connection, account.id)
            await note_network(connection, user_id=account.id, network=network_of(caller.address))
            await append_audit(connection, Action.PASSWORD_RESET, user_id=account.id, address=caller.address)
            await append_mail(connection, MailKind.PASSWORD_CHANGED, about=str(account.id), address=caller.address)
            # Before the commit: without Redis nothing changes at all.
            await self._sessions.end_all(account.id)
        await self._guard.note_success(caller)
