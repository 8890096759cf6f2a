"""A step that several use cases share: how often a password may be tried."""

from dataclasses import dataclass

from auth.domain.emails import Email
from auth.domain.errors import SignInLimitedError
from auth.domain.limits import SIGN_IN, SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_TOTAL, Limit, Use, network_of
from auth.storage.known_networks import is_known_network
from auth.storage.limits.limiter import Limiter
from auth.usecases.caller import Caller
from chassis.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt that was let in, and what it uses up unless it succeeds."""

    own: Use
    others: tuple[Use, ...]
    caller: Caller


class SignInGuard:
    """Lets attempts in and counts those that fail, by account and network, by network, by account, and all.

    An attempt counts from its beginning, so that any number at once is bounded like as many one after the other.

    Parameters
    ----------
    limiter
        Counts.
    database
        Knows from where an account has signed in before.
    """

    def __init__(self, *, limiter: Limiter, database: Database) -> None:
        self._limiter = limiter
        self._database = database

    async def admit(self, email: Email, caller: Caller, *, is_known: bool = False) -> Attempt:
        """Let an attempt in.

        What strangers use up together, of an account or of all, never shuts out whoever signed in from this network
        before, or (with `is_known`) comes with a session of the account.

        Raises
        ------
        SignInLimitedError
            Too many failed; it says when a retry may succeed.
        ServiceUnavailableError
            The limit of strangers is reached and PostgreSQL is away.
        """
        network = network_of(caller.address)
        own = Use(limit=SIGN_IN, key=f"{email.key}\0{network}")
        from_here = Use(limit=SIGN_IN_ADDRESS, key=network)
        strangers = (Use(limit=SIGN_IN_ACCOUNT, key=email.key), Use(limit=SIGN_IN_TOTAL))
        if not is_known:
            try:
                return await self._take(own, (from_here, *strangers), caller)
            except SignInLimitedError:
                if _is_spent(caller, SIGN_IN, SIGN_IN_ADDRESS):
                    raise
                async with self._database.read() as connection:
                    if not await is_known_network(connection, email=email, network=network):
                        raise
        return await self._take(own, (from_here,), caller)

    async def note_success(self, attempt: Attempt) -> None:
        """Forget the failures of this account and network, and count this attempt nowhere."""
        report = attempt.caller.standings
        await self._limiter.give_back(*attempt.others, report=report)
        await self._limiter.give_back(attempt.own, report=report, forget=True)

    async def note_untried(self, attempt: Attempt) -> None:
        """Count the attempt nowhere: the password was not looked at."""
        await self._limiter.give_back(attempt.own, *attempt.others, report=attempt.caller.standings)

    async def _take(self, own: Use, others: tuple[Use, ...], caller: Caller) -> Attempt:
        await self._limiter.take(own, *others, report=caller.standings, refusal=SignInLimitedError)
        return Attempt(own=own, others=others, caller=caller)


def _is_spent(caller: Caller, *limits: Limit) -> bool:
    names = {limit.name for limit in limits}
    return any(each.remaining == 0 for each in caller.standings if each.limit.name in names)
