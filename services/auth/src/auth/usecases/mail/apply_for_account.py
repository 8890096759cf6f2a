"""Somebody wants an account, which opens once its address is confirmed."""

from uuid import uuid4

from auth.clients.password_threads import PasswordThreads
from auth.domain.emails import Email
from auth.domain.limits import MAIL_ACCOUNT, MAIL_TOTAL, REGISTRATION_ADDRESS, REGISTRATION_TOTAL, Use, network_of
from auth.domain.mails import MailKind
from auth.storage.limits.limiter import Limiter
from auth.storage.mails.outbox import append_mail
from auth.storage.mails.registrations import insert_registration
from auth.usecases.caller import Caller
from chassis.db import Database


class ApplyForAccount:
    """Keeps a registration and has its mail sent.

    Whether the address has an account plays no part here, only in the mail: no answer tells it, and none takes longer.

    Parameters
    ----------
    database
        Where registrations and mails wait.
    passwords
        Hashes them.
    limiter
        Counts registrations by network, and all, and mails to the address.
    """

    def __init__(self, *, database: Database, passwords: PasswordThreads, limiter: Limiter) -> None:
        self._database = database
        self._passwords = passwords
        self._limiter = limiter

    async def execute(self, *, email: Email, password: str, name: str, caller: Caller) -> None:
        """Keep the registration.

        Raises
        ------
        RateLimitedError
            Too many were asked for of late.
        PasswordWorkBusyError, ServiceUnavailableError
            Nothing was written; a retry is safe.
        """
        await self._limiter.take(
            Use(limit=REGISTRATION_ADDRESS, key=network_of(caller.address)),
            Use(limit=REGISTRATION_TOTAL),
            Use(limit=MAIL_ACCOUNT, key=f"{MailKind.REGISTRATION}\0{email.key}"),
            Use(limit=MAIL_TOTAL),
            report=caller.standings,
        )
        password_hash = await self._passwords.hash(password)
        registration_id = uuid4()
        async with self._database.transaction() as connection:
            await insert_registration(
                connection, registration_id=registration_id, email=email, name=name, password_hash=password_hash
            )
            await append_mail(connection, MailKind.REGISTRATION, about=str(registration_id), address=caller.address)
