"""The session cookie that the gateway writes is the one that auth writes."""

from fastapi import Response

from auth.api.cookies import CookiePolicy
from gateway.credentials import session_cookie


def test_both_write_the_same_cookie() -> None:
    for secure in (True, False):
        response = Response()
        CookiePolicy(secure=secure).set(response, "A" * 43, max_age_seconds=600)
        own = session_cookie("A" * 43, secure=secure, max_age_seconds=600).decode()
        assert {each.lower() for each in own.split("; ")} == {
            each.lower() for each in response.headers["set-cookie"].split("; ")
        }
