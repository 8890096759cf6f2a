"""Somebody makes, lists and revokes the own API tokens."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from auth.domain.audit import Action, Target
from auth.domain.errors import SessionEndedError
from auth.domain.tokens.api_tokens import ApiToken, IssuedToken
from auth.domain.tokens.errors import TokenNotFoundError
from auth.storage.accounts import find_account_locked
from auth.storage.audit import append_audit
from auth.storage.tokens.api_tokens import delete_token, list_tokens_of
from auth.storage.tokens.entries import TokenEntries
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import SessionIssuer
from auth.usecases.tokens.token_issuer import TokenIssuer
from chassis.db import Database


class OwnTokens:
    """Looks after the tokens of an account, for whoever holds one of its sessions.

    Every method raises `SessionEndedError` where the session that asks is over. `ServiceUnavailableError` permits a
    retry; a token that was made without an answer can only be revoked.

    Parameters
    ----------
    database
        Where tokens are.
    sessions
        Says whether the session that asks is alive.
    issuer
        Makes tokens.
    entries
        What the gateway reads.
    """

    def __init__(
        self, *, database: Database, sessions: SessionIssuer, issuer: TokenIssuer, entries: TokenEntries
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._issuer = issuer
        self._entries = entries

    async def create(
        self,
        user_id: UUID,
        *,
        name: str,
        scopes: Sequence[str],
        life: timedelta,
        source_ranges: Sequence[str],
        caller: Caller,
    ) -> IssuedToken:
        """Make a token.

        Raises
        ------
        ScopeNotUsableError, TooManyTokensError
            Nothing was made.
        """
        await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, user_id)
            if account is None:
                raise SessionEndedError("the account of this session does not exist")
            return await self._issuer.issue(
                connection,
                account,
                kind="api",
                name=name,
                scopes=scopes,
                life=life,
                source_ranges=source_ranges,
                address=caller.address,
            )

    async def show(self, user_id: UUID, caller: Caller) -> Sequence[ApiToken]:
        """List the tokens that have not expired, the newest first."""
        await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.read() as connection:
            return await list_tokens_of(connection, user_id)

    async def revoke(self, user_id: UUID, token_id: UUID, caller: Caller) -> None:
        """End a token, everywhere within a second.

        Raises
        ------
        TokenNotFoundError
            The account has no such token.
        """
        await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            deleted = await delete_token(connection, token_id=token_id, user_id=user_id)
            if deleted is None:
                raise TokenNotFoundError("the account has no token of this id")
            token, token_hash = deleted
            await append_audit(
                connection,
                Action.TOKEN_REVOKED,
                user_id=user_id,
                address=caller.address,
                target=Target("token", str(token.id)),
                before={"name": token.name, "scopes": list(token.scopes)},
            )
            await self._entries.drop(token_hash)  # before the commit: nobody writes it anew while the row is locked
