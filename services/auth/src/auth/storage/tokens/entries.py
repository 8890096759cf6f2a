"""What the gateway reads of API tokens.

======================= ==== =====================================================================================
``token:<hash>``        hash ``identity`` (JWT with scopes), ``identity_expires_at`` (seconds since the epoch),
                             ``source_ranges`` (CIDR, comma-separated)
``tokens-of:<subject>`` set  the hashes of an account's entries, so that all can go at once
======================= ==== =====================================================================================

An entry lives as long as its identity. Where there is none the gateway asks this service, which asks PostgreSQL.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis

from auth.domain.identity_signer import SignedIdentity
from auth.storage.redis_client import redis_outages

_WRITE = """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'identity', ARGV[2], 'identity_expires_at', ARGV[3], 'source_ranges', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], math.max(ARGV[4], redis.call('TTL', KEYS[2])))
"""
"""Arguments: hash, identity, its expiry, seconds to live, source ranges."""

_DROP_ALL = """
for _, hash in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    redis.call('DEL', 'token:' .. hash)
end
redis.call('DEL', KEYS[1])
"""


class TokenEntries:
    """All entries; every method raises `ServiceUnavailableError` where Redis is away, and may be repeated.

    Parameters
    ----------
    redis
        The client; see `auth.storage.redis_client.connect_redis`.
    """

    def __init__(self, *, redis: Redis) -> None:
        self._redis = redis
        self._write = redis.register_script(_WRITE)
        self._drop_all = redis.register_script(_DROP_ALL)

    async def write(
        self,
        token_hash: str,
        *,
        subject_id: UUID,
        identity: SignedIdentity,
        source_ranges: Sequence[str],
        now: datetime,
    ) -> None:
        """Write an entry."""
        arguments: list[str | int] = [
            token_hash,
            identity.token,
            identity.expires_at,
            max(1, identity.expires_at - int(now.timestamp())),
            ",".join(source_ranges),
        ]
        with redis_outages():
            await self._write(keys=[_key(token_hash), _index(subject_id)], args=arguments)

    async def drop(self, token_hash: str) -> None:
        """Remove an entry; every gateway process forgets it within a second."""
        with redis_outages():
            await self._redis.delete(_key(token_hash))

    async def drop_all(self, subject_id: UUID) -> None:
        """Remove all entries of an account: its rights have changed."""
        with redis_outages():
            await self._drop_all(keys=[_index(subject_id)])

    async def is_first_refusal(self, token_hash: str, *, in_seconds: int) -> bool:
        """Say whether no other use of a token was refused in this time, so that the audit has room for others."""
        with redis_outages():
            return bool(await self._redis.set(f"token-refused:{token_hash}", "1", nx=True, ex=in_seconds))


def _key(token_hash: str) -> str:
    return f"token:{token_hash}"


def _index(subject_id: UUID) -> str:
    return f"tokens-of:{subject_id}"
