"""Somebody has found API tokens where they do not belong."""

from collections.abc import Iterable

from auth.domain.audit import Action, Target
from auth.domain.devices import shorten_address
from auth.domain.limits import LEAK_REPORT_ADDRESS, LEAK_REPORT_TOTAL, Use, network_of
from auth.domain.mails import MailKind
from auth.storage.audit import append_audit
from auth.storage.limits.limiter import Limiter
from auth.storage.mails.outbox import append_mail
from auth.storage.tokens.api_tokens import delete_token, find_token
from auth.storage.tokens.entries import TokenEntries
from auth.usecases.caller import Caller
from chassis.db import Database
from contracts.api_tokens import is_token, token_hash


class ReportLeaks:
    """Ends tokens that leaked, and tells their owners by mail and audit.

    Parameters
    ----------
    database
        Where tokens are.
    entries
        What the gateway reads.
    limiter
        Counts reports by network, and all.
    """

    def __init__(self, *, database: Database, entries: TokenEntries, limiter: Limiter) -> None:
        self._database = database
        self._limiter = limiter
        self._entries = entries

    async def execute(self, tokens: Iterable[str], caller: Caller) -> None:
        """End those that there are; nobody is told which.

        Raises
        ------
        RateLimitedError
            Too many reports came of late.
        ServiceUnavailableError
            Some may have ended; a retry is safe.
        """
        await self._limiter.take(
            Use(limit=LEAK_REPORT_ADDRESS, key=network_of(caller.address)),
            Use(limit=LEAK_REPORT_TOTAL),
            report=caller.standings,
        )
        for token in dict.fromkeys(tokens):
            if is_token(token):
                await self._end(token_hash(token), caller)

    async def _end(self, hashed: str, caller: Caller) -> None:
        async with self._database.transaction() as connection:
            found = await find_token(connection, hashed)
            if found is None or await delete_token(connection, token_id=found.id, user_id=found.user_id) is None:
                return
            await append_audit(
                connection,
                Action.TOKEN_LEAKED,
                user_id=found.user_id,
                address=shorten_address(caller.address),  # whoever reports need not be known to the owner
                target=Target("token", str(found.id)),
                before={"name": found.name, "scopes": list(found.scopes)},
                reason="leaked",
            )
            await append_mail(connection, MailKind.TOKEN_LEAKED, about=str(found.user_id), address=None)
            await self._entries.drop(hashed)
