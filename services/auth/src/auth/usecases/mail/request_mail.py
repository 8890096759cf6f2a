"""Somebody asks for a mail: to confirm an address, or to reset a password."""

from uuid import UUID

from auth.domain.emails import Email
from auth.domain.limits import MAIL_ACCOUNT, MAIL_ADDRESS, MAIL_TOTAL, Use, network_of
from auth.domain.mails import MailKind
from auth.storage.limits.limiter import Limiter
from auth.storage.mails.outbox import append_mail
from auth.usecases.caller import Caller
from chassis.db import Database


class RequestMail:
    """Has mails sent, within limits.

    Parameters
    ----------
    database
        Where mails wait.
    limiter
        Counts them by whom they are about, by network, and all.
    """

    def __init__(self, *, database: Database, limiter: Limiter) -> None:
        self._database = database
        self._limiter = limiter

    async def verification(self, *, user_id: UUID, caller: Caller) -> None:
        """Have the mail sent that confirms an account's address; none is sent where it is confirmed.

        Raises
        ------
        RateLimitedError
            Too many were asked for of late.
        ServiceUnavailableError
            A retry is safe.
        """
        await self._append(MailKind.VERIFICATION, about=str(user_id), caller=caller)

    async def password_reset(self, *, email: Email, caller: Caller) -> None:
        """Have the mail sent that resets a password. Whether there is such an account plays no part here.

        Errors as `verification`.
        """
        await self._append(MailKind.PASSWORD_RESET, about=email.key, caller=caller)

    async def _append(self, kind: MailKind, *, about: str, caller: Caller) -> None:
        await self._limiter.take(
            Use(limit=MAIL_ACCOUNT, key=f"{kind}\0{about}"),
            Use(limit=MAIL_ADDRESS, key=network_of(caller.address)),
            Use(limit=MAIL_TOTAL),
            report=caller.standings,
        )
        async with self._database.transaction() as connection:
            await append_mail(connection, kind, about=about, address=caller.address)
