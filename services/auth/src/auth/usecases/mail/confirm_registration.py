"""Somebody confirms the address of their new account."""

from dataclasses import replace
from uuid import uuid4

from auth.clients.password_threads import PasswordThreads
from auth.domain.accounts import Account
from auth.domain.errors import CredentialsInvalidError, EmailTakenError, MailTokenInvalidError
from auth.domain.mail_tokens import hash_mail_token
from auth.storage.accounts import set_email_verified
from auth.storage.mails.registrations import Registration, find_registration_of_token, use_registration
from auth.usecases.caller import Caller
from auth.usecases.entrance import Entered, Entrance
from auth.usecases.mail.token_guard import TokenGuard
from auth.usecases.open_account import open_account
from chassis.db import Database


class ConfirmRegistration:
    """Opens an account by the token of its mail and the password that was chosen for it, and signs it in.

    Both are needed: who reads the mails did not perhaps ask for the account, and would else open one whose password a
    stranger knows; and who asked does not perhaps read the mails.

    Parameters
    ----------
    database
        Where accounts and registrations are.
    passwords
        Checks them.
    guard
        Counts failures.
    entrance
        Opens the session.
    """

    def __init__(
        self, *, database: Database, passwords: PasswordThreads, guard: TokenGuard, entrance: Entrance
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._guard = guard
        self._entrance = entrance

    async def execute(self, token: str, *, password: str, caller: Caller) -> Entered:
        """Open the account.

        Raises
        ------
        MailTokenInvalidError
            Nothing has changed; also where the address has got an account meanwhile.
        CredentialsInvalidError
            The password is another; the token stays.
        RateLimitedError
            Too many tokens did not fit.
        PasswordWorkBusyError, ServiceUnavailableError
            The token stays; a retry is safe.
        """
        await self._guard.admit(caller)
        async with self._database.read() as connection:
            registration = await find_registration_of_token(connection, hash_mail_token(token))
        if registration is None:
            raise MailTokenInvalidError("no mail of a registration holds this code")
        if not await self._passwords.check(registration.password_hash, password):
            raise CredentialsInvalidError("this is not the password that was chosen for the account")
        former = await self._entrance.find_former(caller)
        account = _account(registration)
        try:
            async with self._database.transaction() as connection:
                if not await use_registration(connection, registration):
                    raise MailTokenInvalidError("the code was used at this very moment")
                await open_account(
                    connection,
                    account,
                    email=registration.email,
                    password_hash=registration.password_hash,
                    caller=caller,
                )
                await set_email_verified(connection, account.id)
                session = await self._entrance.enter(
                    connection, account, former=former, caller=caller, methods=["password"]
                )
        except EmailTakenError:
            raise MailTokenInvalidError("the address has got an account meanwhile") from None
        await self._guard.note_success(caller)
        await self._entrance.leave_former(former)
        return Entered(account=replace(account, is_email_verified=True), session=session)


def _account(registration: Registration) -> Account:
    name = registration.name
    return Account(
        id=uuid4(), email=registration.email.address, name=name, public_name=name, roles=("user",), revision=1
    )
