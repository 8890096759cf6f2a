"""Where one is signed in, and how soon one no longer is, through the gateway."""

from uuid import uuid4

import httpx

from testkit.people import People
from testkit.waiting import eventually

_PASSWORD = "correct horse battery"
_ANOTHER = "another horse battery"
_SECOND_AND_SLACK = 1.5
"""A second is what is promised; the rest is for a busy machine and the pauses of the wait."""


async def _signed_in_twice(people: People) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    email = f"{uuid4().hex}@example.org"
    laptop, phone = people.visitor(), people.visitor()
    body = {"email": email, "password": _PASSWORD, "name": "Ann"}
    assert (await laptop.post("/auth/register", json=body)).status_code == httpx.codes.CREATED
    phone.headers["user-agent"] = "Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0"
    answer = await phone.post("/auth/login", json={"email": email, "password": _PASSWORD})
    assert answer.status_code == httpx.codes.OK, answer.text
    return laptop, phone


async def _is_signed_in(browser: httpx.AsyncClient) -> bool:
    answer = await browser.get("/auth/me")
    return bool(answer.json()["kind"] == "user")


async def _sees_its_end(browser: httpx.AsyncClient) -> None:
    """Use a session all the time until it is over."""

    async def is_over() -> bool:
        return not await _is_signed_in(browser)

    await eventually(is_over, _SECOND_AND_SLACK, saying="the session is over")


async def test_a_session_that_is_ended_elsewhere_is_over_within_a_second(people: People) -> None:
    laptop, phone = await _signed_in_twice(people)
    assert await _is_signed_in(phone)
    listed = (await laptop.get("/auth/sessions")).json()["sessions"]
    [other] = [each for each in listed if not each["is_current"]]
    assert other["device"] == "Firefox on Android"
    answer = await laptop.delete(f"/auth/sessions/{other['id']}")
    assert answer.status_code == httpx.codes.NO_CONTENT, answer.text
    await _sees_its_end(phone)
    refused = await phone.get("/auth/sessions")
    assert refused.status_code == httpx.codes.UNAUTHORIZED
    assert await _is_signed_in(laptop)


async def test_another_password_ends_the_other_sessions_and_keeps_this_browser_signed_in(people: People) -> None:
    laptop, phone = await _signed_in_twice(people)
    assert await _is_signed_in(phone)
    body = {"present_password": _PASSWORD, "new_password": _ANOTHER}
    answer = await laptop.put("/auth/password", json=body)
    assert answer.status_code == httpx.codes.OK, answer.text
    assert await _is_signed_in(laptop)
    await _sees_its_end(phone)


async def test_a_page_of_another_origin_neither_ends_sessions_nor_changes_a_password(people: People) -> None:
    laptop, phone = await _signed_in_twice(people)
    foreign = {"origin": "https://evil.example"}
    body = {"present_password": _PASSWORD, "new_password": _ANOTHER}
    for answer in (
        await laptop.delete("/auth/sessions", headers=foreign),
        await laptop.put("/auth/password", json=body, headers=foreign),
    ):
        assert answer.status_code == httpx.codes.FORBIDDEN, answer.text
    assert await _is_signed_in(phone)
