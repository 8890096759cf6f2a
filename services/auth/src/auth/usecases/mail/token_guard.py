"""A step that several use cases share: tokens that do not fit are counted by network, and all."""

from auth.domain.limits import TOKEN_FAILURES, TOKEN_FAILURES_TOTAL, Use, network_of
from auth.storage.limits.limiter import Limiter
from auth.usecases.caller import Caller


class TokenGuard:
    """Lets attempts in and counts those that fail.

    Parameters
    ----------
    limiter
        Counts.
    """

    def __init__(self, *, limiter: Limiter) -> None:
        self._limiter = limiter

    async def admit(self, caller: Caller) -> None:
        """Let an attempt in, which counts until it succeeds; raises `RateLimitedError` after too many."""
        await self._limiter.take(*_uses(caller), report=caller.standings)

    async def note_success(self, caller: Caller) -> None:
        """Count the attempt nowhere."""
        await self._limiter.give_back(*_uses(caller), report=caller.standings)


def _uses(caller: Caller) -> tuple[Use, Use]:
    return Use(limit=TOKEN_FAILURES, key=network_of(caller.address)), Use(limit=TOKEN_FAILURES_TOTAL)
