"""Makes API tokens, for the use cases that may."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from auth.domain.accounts import Account
from auth.domain.audit import Action, Target
from auth.domain.tokens.api_tokens import MAX_TOKENS, ApiToken, IssuedToken, is_usable_by, new_secret
from auth.domain.tokens.errors import ScopeNotUsableError, TooManyTokensError
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.tokens.api_tokens import count_tokens_of, insert_token
from chassis.clock import Clock
from contracts.api_tokens import TokenKind, token_hash


class TokenIssuer:
    """Makes API tokens.

    Parameters
    ----------
    clock
        Source of the present.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def issue(
        self,
        connection: Connection,
        account: Account,
        *,
        kind: TokenKind,
        name: str,
        scopes: Sequence[str],
        life: timedelta,
        address: str,
        source_ranges: Sequence[str] = (),
        reason: str | None = None,
    ) -> IssuedToken:
        """Make a token of an account, whose row must be locked.

        Parameters
        ----------
        reason
            For the audit: what it was made by, where that is not its owner's hand.

        Raises
        ------
        ScopeNotUsableError
            The account could do nothing with one of the scopes.
        TooManyTokensError
            It has as many as it may.
        """
        check_usable(scopes, account)
        if kind != "ci" and await count_tokens_of(connection, account.id) >= MAX_TOKENS:
            raise TooManyTokensError(f"an account has {MAX_TOKENS} tokens at most")
        now = self._clock.now()
        token = ApiToken(
            id=uuid4(),
            user_id=account.id,
            kind=kind,
            name=name,
            scopes=tuple(dict.fromkeys(scopes)),
            source_ranges=tuple(source_ranges),
            created_at=now,
            expires_at=now + life,
        )
        secret = new_secret(kind)
        await insert_token(connection, token, token_hash=token_hash(secret))
        await append_audit(
            connection,
            Action.TOKEN_CREATED,
            user_id=account.id,
            address=address,
            target=Target("token", str(token.id)),
            after={"name": name, "scopes": list(token.scopes)},
            reason=reason,
        )
        return IssuedToken(token, secret)


def check_usable(scopes: Sequence[str], account: Account) -> None:
    """Refuse scopes with which an account could do nothing; raises `ScopeNotUsableError`."""
    for scope in scopes:
        if not is_usable_by(scope, account.roles):
            raise ScopeNotUsableError(f"the account's roles do not permit {scope!r}")
