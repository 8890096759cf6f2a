"""Mails that wait are written and sent."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from prometheus_client import Counter

from auth.clients.smtp import SmtpMailer
from auth.domain.accounts import Account
from auth.domain.audit import Action
from auth.domain.devices import shorten_address
from auth.domain.errors import MailRefusedError
from auth.domain.mail_tokens import TokenPurpose, hash_mail_token, new_mail_token
from auth.domain.mails import Letter, MailKind, compose
from auth.storage.accounts import find_account, find_account_by_email_key
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.mails.outbox import WaitingMail, claim_mails, delete_mail, measure_oldest
from auth.storage.mails.registrations import (
    drop_expired_registrations,
    find_registration,
    put_registration_token,
)
from auth.storage.mails.tokens import drop_expired_tokens, put_token
from chassis.db import Database
from chassis.errors import ServiceUnavailableError

BATCH_MAILS = 10
MAX_ATTEMPTS = 8
"""With pauses that double from 30 seconds this is about an hour, after which nobody waits for the mail any more."""

MAILS = Counter("auth_mails_total", "Mails by what became of the attempt", ("kind", "outcome"))


class SendMails:
    """Writes mails and sends them.

    A token is made as its mail is written and kept as a hash only: no mail that waits holds a secret. Whether an
    address has an account is looked up here as well, so that no request takes longer for it.

    Parameters
    ----------
    database
        Where the mails wait.
    mailer
        Sends them.
    origin
        The platform's public address.
    """

    def __init__(self, *, database: Database, mailer: SmtpMailer, origin: str) -> None:
        self._database = database
        self._mailer = mailer
        self._origin = origin
        self._writers: dict[MailKind, Callable[[Connection, WaitingMail], Awaitable[Letter | None]]] = {
            MailKind.VERIFICATION: self._write_verification,
            MailKind.PASSWORD_RESET: self._write_reset,
            MailKind.PASSWORD_CHANGED: self._write_notice,
            MailKind.TOKEN_LEAKED: self._write_notice,
            MailKind.REGISTRATION: self._write_registration,
        }

    async def execute(self) -> int:
        """Try the mails that are due, and return how many that was. Any number of processes may do so.

        Raises
        ------
        ServiceUnavailableError
            PostgreSQL is away; a retry is safe. A mail server that is away is no error: its mails wait.
        """
        async with self._database.transaction() as connection:
            mails = await claim_mails(connection, limit=BATCH_MAILS)
        await asyncio.gather(*(self._deliver(mail) for mail in mails))
        return len(mails)

    async def measure_oldest(self) -> float:
        """Give the age in seconds of the mail that waits for longest; errors as `execute`."""
        async with self._database.read() as connection:
            return await measure_oldest(connection)

    async def drop_expired(self) -> None:
        """Forget tokens and registrations that are over; errors as `execute`."""
        async with self._database.transaction() as connection:
            await drop_expired_tokens(connection)
            await drop_expired_registrations(connection)

    async def _deliver(self, mail: WaitingMail) -> None:
        async with self._database.transaction() as connection:
            letter = await self._writers[mail.kind](connection, mail)
        outcome = "needless" if letter is None else await self._send(letter)
        if outcome == "failed" and mail.attempts >= MAX_ATTEMPTS:
            outcome = "given-up"
        MAILS.labels(mail.kind, outcome).inc()
        if outcome != "failed":
            async with self._database.transaction() as connection:
                await delete_mail(connection, mail.id)

    async def _send(self, letter: Letter) -> str:
        try:
            await self._mailer.send(letter)
        except MailRefusedError:
            return "refused"
        except ServiceUnavailableError:
            return "failed"
        return "sent"

    async def _write_verification(self, connection: Connection, mail: WaitingMail) -> Letter | None:
        account = await find_account(connection, UUID(mail.about))
        if account is None or account.is_email_verified:
            return None
        return await self._write_with_token(connection, mail, account, TokenPurpose.VERIFICATION)

    async def _write_reset(self, connection: Connection, mail: WaitingMail) -> Letter | None:
        account = await find_account_by_email_key(connection, mail.about)
        if account is None:
            return None
        if mail.attempts == 1:
            await append_audit(
                connection, Action.PASSWORD_RESET_REQUESTED, user_id=account.id, address=mail.address or "unknown"
            )
        return await self._write_with_token(connection, mail, account, TokenPurpose.PASSWORD_RESET)

    async def _write_notice(self, connection: Connection, mail: WaitingMail) -> Letter | None:
        account = await find_account(connection, UUID(mail.about))
        return None if account is None else self._compose(mail.kind, mail, to=account.email)

    async def _write_registration(self, connection: Connection, mail: WaitingMail) -> Letter | None:
        registration = await find_registration(connection, UUID(mail.about))
        if registration is None:
            return None
        account = await find_account_by_email_key(connection, registration.email.key)
        if account is not None:
            return self._compose(MailKind.REGISTRATION_TAKEN, mail, to=account.email)
        token = new_mail_token()
        await put_registration_token(connection, registration.id, hash_mail_token(token))
        return self._compose(mail.kind, mail, to=registration.email.address, token=token)

    async def _write_with_token(
        self, connection: Connection, mail: WaitingMail, account: Account, purpose: TokenPurpose
    ) -> Letter:
        token = new_mail_token()
        await put_token(connection, purpose, user_id=account.id, token_hash=hash_mail_token(token))
        return self._compose(mail.kind, mail, to=account.email, token=token)

    def _compose(self, kind: MailKind, mail: WaitingMail, *, to: str, token: str = "") -> Letter:
        network = shorten_address(mail.address or "")
        return compose(kind, to=to, origin=self._origin, network=network, token=token)
