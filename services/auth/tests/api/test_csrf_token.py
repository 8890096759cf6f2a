"""The token of a session for changes; the gateway asks for it."""

from typing import Any

from contracts.csrf import csrf_token


async def test_every_session_has_a_token_of_its_own(person: Any, gateway: Any) -> None:
    visitor = person((await gateway.mint()).json()["session"])
    ann = person()
    await ann.register()
    for somebody in (ann, visitor):
        answer = await somebody.call("GET", "/auth/csrf")
        assert answer.json() == {"token": csrf_token(somebody.session)}
        assert answer.headers["cache-control"] == "no-store"
        assert somebody.session not in answer.text
    nobody = await person().call("GET", "/auth/csrf")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
