"""What the use cases share: pools, clocks, keys."""

from dataclasses import dataclass

from redis.asyncio import Redis

from auth.clients.password_threads import PasswordThreads
from auth.config import SessionSettings
from auth.domain.identity_signer import IdentitySigner
from auth.domain.limits import read_limits
from auth.domain.sessions import SessionLimits
from auth.storage.limits.limiter import Limiter
from auth.storage.redis_client import connect_redis
from auth.storage.sessions import SessionStore
from auth.storage.tokens.entries import TokenEntries
from auth.usecases.session_issuer import SessionIssuer
from chassis.clock import Clock, SystemClock
from chassis.db import Database

LIMITS_TIMEOUT_SECONDS = 0.2
"""Without Redis the limits count in the process: no reason to wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What opens and changes sessions, with all that has to be closed."""

    database: Database
    redis: Redis
    limits_redis: Redis
    limiter: Limiter
    passwords: PasswordThreads
    sessions: SessionIssuer
    tokens: TokenEntries
    signer: IdentitySigner
    clock: Clock

    async def close(self) -> None:
        """Give everything back."""
        self.passwords.close()
        await self.redis.aclose()
        await self.limits_redis.aclose()
        await self.database.close()


def build_parts(settings: SessionSettings) -> Parts:
    """Build them; pools open at their first use."""
    redis = connect_redis(settings.redis_url.get_secret_value())
    limits_redis = connect_redis(settings.redis_url.get_secret_value(), timeout_seconds=LIMITS_TIMEOUT_SECONDS)
    limits = SessionLimits(
        ttl_seconds=settings.session_ttl_seconds,
        max_life_seconds=settings.session_max_life_seconds,
        max_sessions=settings.sessions_per_account,
    )
    clock = SystemClock()
    signer = IdentitySigner(private_key_pem=settings.identity_private_key_file.read_bytes())
    tokens = TokenEntries(redis=redis)
    sessions = SessionIssuer(
        store=SessionStore(redis=redis, limits=limits), tokens=tokens, signer=signer, clock=clock, limits=limits
    )
    return Parts(
        database=Database(url=settings.database_url.get_secret_value(), pool_size=settings.database_pool_size),
        redis=redis,
        limits_redis=limits_redis,
        limiter=Limiter(redis=limits_redis, changed=read_limits(settings.limits)),
        passwords=PasswordThreads(),
        sessions=sessions,
        tokens=tokens,
        signer=signer,
        clock=clock,
    )
