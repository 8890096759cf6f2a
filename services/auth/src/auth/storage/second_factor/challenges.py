"""What waits for an answer, for five minutes, in Redis.

=============================== ====== ================================================================================
``sign-in-challenge:<sha256>``  hash   ``user`` and ``password_changed_at`` of who gave the right password,
                                       ``attempts`` so far, ``webauthn`` (the challenge for security keys, until one
                                       answers)
``webauthn:<purpose>:<sha256>`` string a challenge for security keys, by the session that asked for it
=============================== ====== ================================================================================
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from redis.asyncio import Redis

from auth.domain.second_factor.relying_party import CHALLENGE_SECONDS
from auth.storage.redis_client import redis_outages

MAX_ATTEMPTS = 5
_CHALLENGE_BYTES = 32

Purpose = Literal["registration", "step-up"]

_BEGIN = """
redis.call('HSET', KEYS[1], 'user', ARGV[1], 'password_changed_at', ARGV[2], 'webauthn', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
"""

_ATTEMPT = """
if redis.call('EXISTS', KEYS[1]) == 0 then
    return nil
end
if redis.call('HINCRBY', KEYS[1], 'attempts', 1) > tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[1])
    return nil
end
local found = redis.call('HMGET', KEYS[1], 'user', 'password_changed_at', 'webauthn')
if ARGV[2] == 'webauthn' then
    redis.call('HDEL', KEYS[1], 'webauthn')
end
return found
"""
"""Arguments: attempts at most, the method that is tried. A challenge for security keys is given once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfSignedIn:
    """Somebody gave the right password and has to present a second factor.

    Parameters
    ----------
    password_changed_at
        Of the password that was right.
    webauthn
        The challenge for security keys; None where it was used.
    """

    user_id: UUID
    password_changed_at: datetime
    webauthn: bytes | None


class Challenges:
    """Begins and ends challenges.

    Every method raises `ServiceUnavailableError` where Redis is away.

    Parameters
    ----------
    redis
        Where they are.
    """

    def __init__(self, *, redis: Redis) -> None:
        self._redis = redis
        self._begin = redis.register_script(_BEGIN)
        self._attempt = redis.register_script(_ATTEMPT)

    async def begin_sign_in(self, *, user_id: UUID, password_changed_at: datetime) -> tuple[str, bytes]:
        """Give a new sign-in's name, which is a secret, and its challenge for security keys."""
        name, webauthn = secrets.token_urlsafe(_CHALLENGE_BYTES), secrets.token_bytes(_CHALLENGE_BYTES)
        arguments: list[str | int] = [str(user_id), password_changed_at.isoformat(), _text(webauthn), CHALLENGE_SECONDS]
        with redis_outages():
            await self._begin(keys=[_sign_in_key(name)], args=arguments)
        return name, webauthn

    async def attempt_sign_in(self, name: str, *, method: str) -> HalfSignedIn | None:
        """Count an attempt; None where there is no such sign-in, or too many attempts failed."""
        with redis_outages():
            found = await self._attempt(keys=[_sign_in_key(name)], args=[MAX_ATTEMPTS, method])
        if found is None:
            return None
        user, changed_at, webauthn = found
        return HalfSignedIn(
            user_id=UUID(user),
            password_changed_at=datetime.fromisoformat(changed_at),
            webauthn=None if webauthn is None else _bytes(webauthn),
        )

    async def end_sign_in(self, name: str) -> bool:
        """End a sign-in, and say whether it was there: of two that succeed at once, one does."""
        with redis_outages():
            return bool(await self._redis.delete(_sign_in_key(name)))

    async def begin_webauthn(self, purpose: Purpose, session_hash: str) -> bytes:
        """Give a challenge for security keys, which replaces the session's former one."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        with redis_outages():
            await self._redis.set(_webauthn_key(purpose, session_hash), _text(challenge), ex=CHALLENGE_SECONDS)
        return challenge

    async def take_webauthn(self, purpose: Purpose, session_hash: str) -> bytes | None:
        """Give the session's challenge, once; None where there is none."""
        with redis_outages():
            kept = await self._redis.getdel(_webauthn_key(purpose, session_hash))
        return None if kept is None else _bytes(str(kept))


def _sign_in_key(name: str) -> str:
    return f"sign-in-challenge:{hashlib.sha256(name.encode()).hexdigest()}"


def _webauthn_key(purpose: Purpose, session_hash: str) -> str:
    return f"webauthn:{purpose}:{session_hash}"


def _text(challenge: bytes) -> str:
    return base64.b64encode(challenge).decode()


def _bytes(kept: str) -> bytes:
    return base64.b64decode(kept)
