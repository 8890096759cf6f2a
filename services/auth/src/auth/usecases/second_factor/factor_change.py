"""The last steps of every change of second factors, which are the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from auth.domain.accounts import Account
from auth.domain.audit import Action, Target
from auth.domain.second_factor.factors import Factors
from auth.domain.second_factor.recovery_codes import new_recovery_codes, recovery_code_hash
from auth.domain.sessions import subject_of
from auth.storage.audit import append_audit
from auth.storage.connection import Connection
from auth.storage.second_factor.factors import find_factors, replace_recovery_codes
from auth.storage.sessions import StoredSession
from auth.usecases.caller import Caller
from auth.usecases.session_issuer import OpenedSession, SessionIssuer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFactors:
    """What the account has now, its only session, and new recovery codes, which are shown this once."""

    factors: Factors
    session: OpenedSession
    recovery_codes: Sequence[str]


class FactorChange:
    """Ends a change: recovery codes follow the factors, and the account is left the session that asked, under a new id.

    Parameters
    ----------
    sessions
        Rotates the session and ends the others.
    """

    def __init__(self, *, sessions: SessionIssuer) -> None:
        self._sessions = sessions

    async def finish(
        self,
        connection: Connection,
        account: Account,
        session: StoredSession,
        caller: Caller,
        *,
        action: Action,
        target: Target,
        codes_wanted: bool,
    ) -> ChangedFactors:
        """Finish, as the last step of a transaction; the account's row must be locked.

        The sessions change before the commit: where that fails, people are signed out at worst.

        Raises
        ------
        SessionEndedError
            The session that asks is over.
        ServiceUnavailableError
            Redis is away.
        """
        codes: list[str] = []
        is_on = (await find_factors(connection, account.id)).is_on
        if codes_wanted or not is_on:
            codes = new_recovery_codes() if is_on else []
            hashes = [recovery_code_hash(code, user_id=account.id) for code in codes]
            await replace_recovery_codes(connection, account.id, hashes=hashes)
        await append_audit(connection, action, user_id=account.id, address=caller.address, target=target)
        opened = await self._sessions.rotate(session, subject_of(account))
        await self._sessions.end_all(account.id, but=opened.session_hash)
        return ChangedFactors(factors=await find_factors(connection, account.id), session=opened, recovery_codes=codes)
