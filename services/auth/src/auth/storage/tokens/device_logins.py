"""Logins of devices, in Redis: none of them has to survive.

=========================== ====== ==================================================================================
``device:<hash>``           hash   ``client_name``, ``scopes`` (comma-separated), ``device`` and ``network`` (where it
                                   was asked), ``state``, ``account``, ``interval``, ``polled_at`` (seconds since the
                                   epoch)
``device-user-code:<hash>`` string the hash of the login's device code; gone once somebody has decided
=========================== ====== ==================================================================================

Both live for ten minutes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from auth.domain.devices import Origin
from auth.domain.tokens.devices import (
    CODE_LIFE_SECONDS,
    INTERVAL_SECONDS,
    DeviceRequest,
    DeviceState,
    PolledLogin,
    code_hash,
)
from auth.storage.redis_client import redis_outages

_BEGIN = """
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) then
    return 0
end
redis.call('HSET', KEYS[1], 'state', 'pending', 'interval', ARGV[3], 'client_name', ARGV[4], 'scopes', ARGV[5],
    'device', ARGV[6], 'network', ARGV[7])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""
"""Arguments: hash of the device code, seconds to live, interval, client, scopes, device, network. Gives 0 where the
user code is another login's."""

_DECIDE = """
if redis.call('HGET', KEYS[1], 'state') ~= 'pending' or redis.call('DEL', KEYS[2]) == 0 then
    return 0
end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'account', ARGV[2])
return 1
"""
"""Arguments: state, account. Gives 1 for the first decision."""

_POLL = """
local found = redis.call('HMGET', KEYS[1], 'state', 'interval', 'polled_at', 'account', 'client_name', 'scopes',
    'device', 'network')
local now = tonumber(ARGV[1])
if not found[1] then
    return nil
elseif found[1] == 'pending' then
    redis.call('HSET', KEYS[1], 'polled_at', now)
    if found[3] and now - tonumber(found[3]) < tonumber(found[2]) then
        redis.call('HINCRBY', KEYS[1], 'interval', ARGV[2])
        return {'hasty'}
    end
    return {'pending'}
end
redis.call('DEL', KEYS[1])
return found
"""
"""Arguments: the present second, by how much the interval grows. What was decided is told once."""

_REQUEST = ("client_name", "scopes", "device", "network")


class DeviceLogins:
    """All logins; every method raises `ServiceUnavailableError` where Redis is away.

    Parameters
    ----------
    redis
        The client; see `auth.storage.redis_client.connect_redis`.
    """

    def __init__(self, *, redis: Redis) -> None:
        self._redis = redis
        self._begin = redis.register_script(_BEGIN)
        self._decide = redis.register_script(_DECIDE)
        self._poll = redis.register_script(_POLL)

    async def begin(self, *, device_code: str, user_code: str, request: DeviceRequest) -> bool:
        """Write a login; False where the user code is taken."""
        device_hash = code_hash(device_code)
        arguments: list[str | int] = [
            device_hash,
            CODE_LIFE_SECONDS,
            INTERVAL_SECONDS,
            request.client_name,
            ",".join(request.scopes),
            request.origin.device,
            request.origin.network,
        ]
        with redis_outages():
            return bool(await self._begin(keys=[_key(device_hash), _user_key(user_code)], args=arguments))

    async def find(self, user_code: str) -> DeviceRequest | None:
        """Read what the login of a user code asks for; None where there is none to decide."""
        with redis_outages():
            device_hash = await self._redis.get(_user_key(user_code))
            if device_hash is None:
                return None
            found: list[Any] = await self._redis.hmget(_key(str(device_hash)), _REQUEST)
        return None if found[0] is None else _request(found)

    async def decide(self, user_code: str, *, state: DeviceState, account_id: UUID) -> bool:
        """Permit or deny a login; False where it is over or somebody has decided."""
        with redis_outages():
            device_hash = await self._redis.get(_user_key(user_code))
            if device_hash is None:
                return False
            keys = [_key(str(device_hash)), _user_key(user_code)]
            return bool(await self._decide(keys=keys, args=[state.value, str(account_id)]))

    async def poll(self, device_code: str, *, now: datetime) -> PolledLogin | None:
        """Give what a device is told; None where its login is over. What was decided is told once."""
        with redis_outages():
            found = await self._poll(keys=[_key(code_hash(device_code))], args=[int(now.timestamp()), INTERVAL_SECONDS])
        if found is None:
            return None
        state = DeviceState(found[0])
        if state is not DeviceState.APPROVED:
            return PolledLogin(state=state)
        return PolledLogin(state=state, account_id=UUID(found[3]), request=_request(found[4:]))


def _request(found: list[Any]) -> DeviceRequest:
    client_name, scopes, device, network = found
    return DeviceRequest(client_name=client_name, scopes=tuple(scopes.split(",")), origin=Origin(device, network))


def _key(device_hash: str) -> str:
    return f"device:{device_hash}"


def _user_key(user_code: str) -> str:
    return f"device-user-code:{code_hash(user_code)}"
