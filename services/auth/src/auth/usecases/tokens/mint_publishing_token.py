"""Publishing has verified another issuer's assertion and wants a token for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth.domain.tokens.api_tokens import IssuedToken
from auth.domain.tokens.errors import AssertionUsedError, TokenUnknownError
from auth.storage.accounts import find_account_locked
from auth.storage.tokens.assertions import use_assertion
from auth.usecases.tokens.token_issuer import TokenIssuer
from chassis.clock import Clock
from chassis.db import Database
from contracts.trusted_publishing import KEPT_AFTER_EXPIRY_SECONDS, TOKEN_LIFE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """An identity token of another issuer, whose signature and claims publishing has verified.

    Parameters
    ----------
    issuer, jti
        Its name: nobody else's has both.
    expires_at
        Its own expiry, without leeway.
    """

    issuer: str
    jti: str
    expires_at: datetime


class MintPublishingToken:
    """Makes the short-lived tokens of trusted publishing.

    Parameters
    ----------
    database
        Where tokens and used assertions are.
    issuer
        Makes tokens.
    clock
        Source of the present.
    """

    def __init__(self, *, database: Database, issuer: TokenIssuer, clock: Clock) -> None:
        self._database = database
        self._issuer = issuer
        self._clock = clock

    async def execute(
        self, *, account_id: UUID, plugin_id: str, name: str, assertion: Assertion, address: str
    ) -> IssuedToken:
        """Make a token for one plugin, once for each assertion, however many ask at once.

        Raises
        ------
        AssertionUsedError
            A token was made for it, or it is so old that this would not be known any more.
        TokenUnknownError
            The account is gone.
        ScopeNotUsableError
            The account is no developer any more.
        ServiceUnavailableError
            The assertion may be used up; a retry may be refused.
        """
        kept_until = assertion.expires_at + timedelta(seconds=KEPT_AFTER_EXPIRY_SECONDS)
        if kept_until <= self._clock.now():
            raise AssertionUsedError("the identity token is too old")
        async with self._database.transaction() as connection:
            if not await use_assertion(connection, issuer=assertion.issuer, jti=assertion.jti, kept_until=kept_until):
                raise AssertionUsedError("a publishing token was made for this identity token already")
            account = await find_account_locked(connection, account_id)
            if account is None:
                raise TokenUnknownError("the account that configured the publisher does not exist")
            return await self._issuer.issue(
                connection,
                account,
                kind="ci",
                name=name,
                scopes=[f"versions:publish:{plugin_id}"],
                life=timedelta(seconds=TOKEN_LIFE_SECONDS),
                address=address,
                reason="trusted-publishing",
            )
