from __future__ import annotations

import asyncio
from typing import Any

import pytest

from auth.config import ServeSettings
from auth.domain.limits import USER_CODE_FAILURES
from auth.domain.tokens.devices import USER_CODE_ALPHABET, code_hash


async def _begin(device: Any, **changes: Any) -> dict[str, Any]:
    body = {"client_name": "plugin cli", "scopes": ["installs:read"]} | changes
    answer = await device.call("POST", "/auth/device/code", body, headers={"user-agent": "plugin-cli/1.0"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def _poll(device: Any, begun: dict[str, Any]) -> Any:
    return await device.call("POST", "/auth/device/token", {"device_code": begun["device_code"]})


async def _error(device: Any, begun: dict[str, Any]) -> str:
    answer = await _poll(device, begun)
    assert answer.status_code == 400
    assert answer.json()["code"] == answer.json()["error"]
    return str(answer.json()["error"])


async def test_a_device_gets_a_token_once_somebody_permits_it(
    person: Any, internal: Any, settings: ServeSettings
) -> None:
    device, ann = person(), person()
    user_id = (await ann.register()).json()["user"]["id"]
    begun = await _begin(device)
    code = begun["user_code"]
    assert set(code.replace("-", "", 1)) <= set(USER_CODE_ALPHABET)
    assert (len(code), code[4], begun["expires_in"], begun["interval"]) == (9, "-", 600, 5)
    assert begun["verification_uri"] == f"{settings.public_origin}/device"
    assert begun["verification_uri_complete"] == f"{settings.public_origin}/device?user_code={code}"
    assert await _error(device, begun) == "authorization_pending"
    shown = await ann.call("GET", f"/auth/device/{code.lower()}")
    assert shown.json() == {
        "client_name": "plugin cli",
        "scopes": ["installs:read"],
        "device": "plugin-cli",
        "network": device.address.rpartition(".")[0] + ".0/24",
    }
    assert (await ann.call("POST", f"/auth/device/{code}", {"approve": True})).status_code == 204
    answer = await _poll(device, begun)
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["scope"]) == ("Bearer", "installs:read")
    claims = await internal.claims(answer.json()["access_token"])
    assert (claims["sub"], claims["scopes"]) == (user_id, ["installs:read"])
    [listed] = (await ann.call("GET", "/auth/tokens")).json()["tokens"]
    assert (listed["name"], listed["made_by"]) == ("plugin cli", "device-login")
    assert await _error(device, begun) == "expired_token"
    again = await ann.call("POST", f"/auth/device/{code}", {"approve": True})
    assert (again.status_code, again.json()["code"]) == (404, "device_login_not_found")


async def test_many_questions_at_once_give_one_token(person: Any) -> None:
    device, ann = person(), person()
    await ann.register()
    begun = await _begin(device)
    await ann.call("POST", f"/auth/device/{begun['user_code']}", {"approve": True})
    answers = await asyncio.gather(*(_poll(device, begun) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9


async def test_a_denied_login_says_so(person: Any) -> None:
    device, ann = person(), person()
    await ann.register()
    begun = await _begin(device)
    assert (await ann.call("POST", f"/auth/device/{begun['user_code']}", {"approve": False})).status_code == 204
    assert await _error(device, begun) == "access_denied"
    assert await _error(device, begun) == "expired_token"
    assert (await ann.call("GET", "/auth/tokens")).json()["tokens"] == []


async def test_a_hasty_device_is_slowed_down(person: Any, redis_client: Any) -> None:
    device = person()
    begun = await _begin(device)
    key = f"device:{code_hash(begun['device_code'])}"
    assert await _error(device, begun) == "authorization_pending"
    assert await _error(device, begun) == "slow_down"
    assert await redis_client.hget(key, "interval") == "10"
    await redis_client.hincrby(key, "polled_at", -10)
    assert await _error(device, begun) == "authorization_pending"


async def test_unknown_codes_are_over(person: Any, redis_client: Any) -> None:
    for code in ("x", "a" * 43, ""):
        assert await _error(person(), {"device_code": code}) == "expired_token"
    begun = await _begin(person())
    assert 0 < await redis_client.ttl(f"device:{code_hash(begun['device_code'])}") <= 600
    assert [key async for key in redis_client.scan_iter(f"*{begun['device_code']}*")] == []


async def test_permitting_takes_an_account_that_could_and_has_just_proved_who_it_is(person: Any) -> None:
    device, ann, stranger = person(), person(), person()
    await ann.register()
    begun = await _begin(device, scopes=["versions:publish"])
    path = f"/auth/device/{begun['user_code']}"
    assert (await stranger.call("GET", path)).status_code == 401
    assert (await stranger.call("POST", path, {"approve": True})).status_code == 401
    refused = await ann.call("POST", path, {"approve": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_not_usable")
    await ann.age(601)
    refused = await ann.call("POST", path, {"approve": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "recent_authentication_required")
    assert await _error(device, begun) == "authorization_pending"


@pytest.mark.parametrize("changes", [{"scopes": ["everything"]}, {"scopes": []}, {"client_name": ""}])
async def test_what_is_no_sound_login_is_refused(person: Any, changes: dict[str, Any]) -> None:
    body = {"client_name": "cli", "scopes": ["installs:read"]} | changes
    assert (await person().call("POST", "/auth/device/code", body)).status_code == 422


async def test_guesses_of_an_account_are_limited(person: Any) -> None:
    ann = person()
    await ann.register()
    begun = await _begin(person())
    for _ in range(3):
        assert (await ann.call("GET", f"/auth/device/{begun['user_code']}")).status_code == 200
    answers = [await ann.call("GET", "/auth/device/BBBB-BBBB") for _ in range(USER_CODE_FAILURES.quota + 1)]
    assert [answer.status_code for answer in answers] == [404] * USER_CODE_FAILURES.quota + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await ann.call("POST", "/auth/device/BBBB-BBBB", {"approve": True})).status_code == 429
