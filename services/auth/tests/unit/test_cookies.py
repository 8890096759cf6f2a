"""The session cookie, to the last attribute."""

from fastapi import Response

from auth.api.cookies import CookiePolicy


def test_over_https_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts() -> None:
    response = Response()
    CookiePolicy(secure=True).set(response, "A" * 43, max_age_seconds=600)
    name, *attributes = response.headers["set-cookie"].split("; ")
    assert name == f"__Host-sid={'A' * 43}"
    assert {each.lower() for each in attributes} == {"httponly", "max-age=600", "path=/", "samesite=lax", "secure"}
    assert len(response.headers["set-cookie"]) <= 4_096
    assert response.headers["cache-control"] == "no-store"


def test_signing_out_clears_the_cookie_under_the_same_attributes() -> None:
    response = Response()
    CookiePolicy(secure=True).clear(response)
    value = response.headers["set-cookie"].lower()
    assert value.startswith('__host-sid="";')
    assert {"httponly", "max-age=0", "path=/", "samesite=lax", "secure"} <= set(value.split("; "))
