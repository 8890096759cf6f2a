"""Somebody shows to read the mails to their account's address."""

from auth.domain.audit import Action
from auth.domain.errors import MailTokenInvalidError
from auth.domain.mail_tokens import TokenPurpose, hash_mail_token
from auth.storage.accounts import find_account_locked, set_email_verified
from auth.storage.audit import append_audit
from auth.storage.mails.tokens import use_token
from auth.usecases.caller import Caller
from auth.usecases.mail.token_guard import TokenGuard
from chassis.db import Database


class ConfirmAddress:
    """Uses a token of a verification mail.

    Parameters
    ----------
    database
        Where accounts are.
    guard
        Counts failures.
    """

    def __init__(self, *, database: Database, guard: TokenGuard) -> None:
        self._database = database
        self._guard = guard

    async def execute(self, token: str, *, caller: Caller) -> None:
        """Confirm the address.

        Raises
        ------
        MailTokenInvalidError
            Nothing has changed.
        RateLimitedError
            Too many tokens did not fit.
        ServiceUnavailableError
            A retry is safe.
        """
        await self._guard.admit(caller)
        async with self._database.transaction() as connection:
            user_id = await use_token(connection, TokenPurpose.VERIFICATION, hash_mail_token(token))
            account = None if user_id is None else await find_account_locked(connection, user_id)
            if account is None:
                raise MailTokenInvalidError("no newest mail of an account holds this code")
            if await set_email_verified(connection, account.id):
                await append_audit(connection, Action.EMAIL_VERIFIED, user_id=account.id, address=caller.address)
        await self._guard.note_success(caller)
