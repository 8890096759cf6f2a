"""Somebody looks at the own second factors, removes one, or wants other recovery codes."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from auth.domain.audit import Action, Target
from auth.domain.errors import SecondFactorNotFoundError, SessionEndedError
from auth.domain.second_factor.factors import Factors
from auth.storage.accounts import find_account_locked
from auth.storage.connection import Connection
from auth.storage.second_factor.factors import find_factors
from auth.storage.second_factor.security_keys import delete_security_key
from auth.storage.second_factor.totp import delete_totp
from auth.usecases.caller import Caller
from auth.usecases.second_factor.factor_change import ChangedFactors, FactorChange
from auth.usecases.session_issuer import SessionIssuer
from chassis.db import Database


class OwnFactors:
    """Shows and removes the second factors of an account, for whoever holds one of its sessions.

    Every change raises `SecondFactorNotFoundError` where there is nothing to change, `SessionEndedError` where the
    session that asks is over, and `ServiceUnavailableError`, after which a retry is safe.

    Parameters
    ----------
    database
        Where they are.
    sessions
        Knows the session that asks.
    change
        Ends every change.
    """

    def __init__(self, *, database: Database, sessions: SessionIssuer, change: FactorChange) -> None:
        self._database = database
        self._sessions = sessions
        self._change = change

    async def show(self, user_id: UUID) -> Factors:
        """Say what the account has."""
        async with self._database.read() as connection:
            return await find_factors(connection, user_id)

    async def remove_totp(self, user_id: UUID, caller: Caller) -> ChangedFactors:
        """Remove one-time codes; with the last factor the recovery codes go, too."""
        return await self._apply(
            user_id,
            caller,
            lambda connection: delete_totp(connection, user_id),
            action=Action.FACTOR_REMOVED,
            target=Target("second-factor", "totp"),
        )

    async def remove_security_key(self, user_id: UUID, key_id: UUID, caller: Caller) -> ChangedFactors:
        """Remove a security key; with the last factor the recovery codes go, too."""
        return await self._apply(
            user_id,
            caller,
            lambda connection: delete_security_key(connection, user_id, key_id),
            action=Action.FACTOR_REMOVED,
            target=Target("second-factor", str(key_id)),
        )

    async def renew_recovery_codes(self, user_id: UUID, caller: Caller) -> ChangedFactors:
        """Replace the recovery codes, used or not."""

        async def is_on(connection: Connection) -> bool:
            return (await find_factors(connection, user_id)).is_on

        return await self._apply(
            user_id,
            caller,
            is_on,
            action=Action.RECOVERY_CODES_RENEWED,
            target=Target("second-factor", "recovery-code"),
            codes_wanted=True,
        )

    async def _apply(
        self,
        user_id: UUID,
        caller: Caller,
        change: Callable[[Connection], Awaitable[bool]],
        *,
        action: Action,
        target: Target,
        codes_wanted: bool = False,
    ) -> ChangedFactors:
        session = await self._sessions.find_own(caller.session_id, user_id)
        async with self._database.transaction() as connection:
            account = await find_account_locked(connection, user_id)
            if account is None:
                raise SessionEndedError("the account of this session does not exist")
            if not await change(connection):
                raise SecondFactorNotFoundError("the account has no such second factor")
            return await self._change.finish(
                connection, account, session, caller, action=action, target=target, codes_wanted=codes_wanted
            )
