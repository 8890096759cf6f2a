"""How many failed attempts to sign in an account takes from one address."""

import hashlib

from redis.asyncio import Redis

from auth.domain.emails import Email
from auth.domain.errors import SignInLimitedError
from auth.storage.redis_client import redis_outages

MAX_FAILURES = 10
WINDOW_SECONDS = 300
"""Ten in five minutes, as PyPI permits; the window begins with the first failure."""

_COUNT = """
if redis.call('INCR', KEYS[1]) == 1 then
    redis.call('EXPIRE', KEYS[1], ARGV[1])
end
"""


class SignInLimits:
    """Counts failures by account and network address, whether the account exists or not.

    Attempts that are under way at once may pass together: as many as passwords are hashed and waiting to be.

    Parameters
    ----------
    redis
        Where the counts are; without it nobody signs in anyway.
    """

    def __init__(self, *, redis: Redis) -> None:
        self._redis = redis
        self._count = redis.register_script(_COUNT)

    async def check(self, email: Email, address: str) -> None:
        """Return when another attempt is permitted.

        Raises
        ------
        SignInLimitedError
            Too many failed; it says when the window ends.
        ServiceUnavailableError
            Redis is away.
        """
        key = _key(email, address)
        with redis_outages():
            failures = await self._redis.get(key)
            if failures is None or int(failures) < MAX_FAILURES:
                return
            seconds = await self._redis.ttl(key)
        raise SignInLimitedError("too many attempts failed of late", retry_after_seconds=max(1, seconds))

    async def note_failure(self, email: Email, address: str) -> None:
        """Count a failed attempt; raises `ServiceUnavailableError` where Redis is away."""
        key = _key(email, address)
        with redis_outages():
            await self._count(keys=[key], args=[WINDOW_SECONDS])

    async def forget(self, email: Email, address: str) -> None:
        """Begin anew after a success; raises `ServiceUnavailableError` where Redis is away."""
        with redis_outages():
            await self._redis.delete(_key(email, address))


def _key(email: Email, address: str) -> str:
    # Hashed: what people type into an address field may be a password.
    digest = hashlib.sha256(f"{email.key}\0{address}".encode()).hexdigest()
    return f"sign-in-failures:{digest}"
