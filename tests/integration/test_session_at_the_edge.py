"""A session's cookie, its token for changes, and its end, as the running platform answers."""

import time
from functools import partial

import httpx
import pyotp

from testkit.people import API, PASSWORD, People
from testkit.platform import RunningPlatform
from testkit.waiting import eventually


async def _is_refused(platform: RunningPlatform, session: str) -> bool:
    async with httpx.AsyncClient(base_url=platform.gateway_url + API) as client:
        answer = await client.get("/auth/sessions", headers={"authorization": f"Bearer {session}"})
    return answer.status_code == httpx.codes.UNAUTHORIZED


async def test_a_client_that_tells_no_origin_changes_by_its_session_s_token_only(
    platform: RunningPlatform, people: People
) -> None:
    ann = await people.register()
    token = (await ann.get("/auth/csrf")).json()["token"]
    async with httpx.AsyncClient(base_url=platform.gateway_url + API, cookies=ann.cookies) as bare:
        refused = await bare.post("/developer/register", json={"display_name": "Ann"})
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_token_required")
        headers = {"x-csrf-token": token}
        made = await bare.post("/developer/register", json={"display_name": "Ann"}, headers=headers)
        assert made.status_code == httpx.codes.CREATED
        stale = await bare.delete("/auth/sessions", headers=headers)
        assert (stale.status_code, stale.json()["code"]) == (403, "csrf_token_required")
        fresh = (await bare.get("/auth/csrf")).json()["token"]
        ended = await bare.delete("/auth/sessions", headers={"x-csrf-token": fresh})
        assert ended.status_code == httpx.codes.NO_CONTENT


async def test_a_former_id_is_dead_after_signing_out_and_after_every_rotation(
    platform: RunningPlatform, people: People
) -> None:
    ann = await people.register()
    sessions = [ann.cookies["sid"]]
    secret = (await ann.post("/auth/second-factor/totp")).json()["secret"]
    email = (await ann.get("/auth/me")).json()["user"]["email"]
    code = pyotp.TOTP(secret).at(time.time())
    changes = (
        ("/developer/register", {"display_name": "Ann"}),
        ("/auth/step-up", {"password": PASSWORD}),
        ("/auth/second-factor/totp/confirm", {"code": code}),
    )
    for path, body in changes:
        answer = await ann.post(path, json=body)
        assert answer.is_success, answer.text
        assert answer.json()["session"]["token"] == ann.cookies["sid"]
        sessions.append(ann.cookies["sid"])
    asked = await ann.post("/auth/login", json={"email": email, "password": PASSWORD})
    assert (asked.status_code, asked.json()["code"]) == (401, "second_factor_required")
    assert not await _is_refused(platform, sessions[-1])
    assert (await ann.post("/auth/logout")).status_code == httpx.codes.NO_CONTENT
    assert len(set(sessions)) == len(changes) + 1
    for session in sessions:
        await eventually(partial(_is_refused, platform, session), 5, saying="a former id is refused")
