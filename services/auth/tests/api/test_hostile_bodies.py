import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

_ANN = {"email": "ann@example.com", "password": "a good password", "name": "Ann"}
_JSON = {"content-type": "application/json"}


async def _post(client: httpx.AsyncClient, path: str, content: Any, headers: dict[str, str] = _JSON) -> httpx.Response:
    return await client.post(f"/api/v1/auth/{path}", content=content, headers=headers)


@pytest.mark.parametrize("path", ["register", "login"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"{",
        b"\xff\xfe{}",
        b'\xef\xbb\xbf{"email":"a@b.c"}',
        b'{"email":"a@example.com","email":"b@example.com","password":"a good password","name":"A"}',
        b'{"email":"a@example.com","password":"a good\\u0000password","name":"A"}',
        b'{"email":"a@example.com","password":"a good \\ud800 password","name":"A"}',
        b'{"email":"a@example.com","password":NaN}',
        b"[" * 5_000,
    ],
)
async def test_what_is_not_sound_json_is_refused(client: httpx.AsyncClient, path: str, content: bytes) -> None:
    answer = await _post(client, path, content)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"body_not_json", "request_invalid"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["register", "login"])
@pytest.mark.parametrize(
    "content", [b"[]", b"null", b"3", b'"text"', b"{}", b'{"email":["a@b.example"],"password":{}}']
)
async def test_json_of_another_form_is_refused(client: httpx.AsyncClient, path: str, content: bytes) -> None:
    answer = await _post(client, path, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_a_form_that_a_foreign_page_could_send_is_refused(client: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await _post(client, "register", json.dumps(_ANN), {"content-type": kind})
        assert (answer.status_code, answer.json()["code"]) == (400, "body_not_json"), kind


async def test_a_large_body_is_refused_whether_its_length_is_told_or_not(client: httpx.AsyncClient) -> None:
    content = json.dumps(_ANN | {"password": "x" * 1_000_000}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 4_096):
            yield content[start : start + 4_096]

    for body in (content, pieces()):
        answer = await _post(client, "login", body)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "", "email_invalid"),
        ("email", "ann", "email_invalid"),
        ("email", "ann@", "email_invalid"),
        ("email", "ann@example.com\r\nbcc: eve@example.com", "email_invalid"),
        ("email", "ann@exam ple.com", "email_invalid"),
        ("email", "a" * 65 + "@example.com", "email_invalid"),
        ("email", "ann@" + "x" * 300 + ".com", "email_invalid"),
        ("email", "{reason}@", "email_invalid"),
        ("email", 7, "string_type"),
        ("email", None, "string_type"),
        ("password", "short77", "password_length"),
        ("password", "x" * 129, "password_length"),
        ("password", 12345678, "string_type"),
        ("name", "", "name_invalid"),
        ("name", " \t ", "name_invalid"),
        ("name", "\u200b\u200d", "name_invalid"),
        ("name", "Ann\u202enimdA", "name_invalid"),
        ("name", "Ann\x07", "name_invalid"),
        ("name", "x" * 81, "name_invalid"),
        ("name", "x" * 401, "string_too_long"),
        ("roles", ["administrator"], "extra_forbidden"),
        ("id", "00000000-0000-4000-8000-000000000000", "extra_forbidden"),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not_repeated(
    client: httpx.AsyncClient, field: str, value: Any, code: str
) -> None:
    answer = await client.post("/api/v1/auth/register", json=_ANN | {field: value})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (f"/{field}", code)
    if field == "password" and isinstance(value, str):
        assert value not in answer.text


async def test_all_wrong_fields_are_named_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/register", json={"email": "x", "password": "x", "extra": 1})
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/email", "/password", "/name", "/extra"}


@pytest.mark.parametrize(
    "website",
    [
        "javascript:alert(1)",
        "ftp://example.com",
        "https://",
        "https://ann:secret@example.com",
        "//example.com",
        "https://exa mple.com",
        "https://[::1",
        "https://example.com:99999",
        "https://example.com/\u202e",
        "https://" + "x" * 300,
    ],
)
async def test_a_website_is_a_plain_web_address(person: Any, website: str) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("POST", "/developer/register", {"display_name": "Ann", "website": website})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/website"


async def test_names_and_addresses_of_every_script_are_welcome(person: Any) -> None:
    for name, local in (("Søren Ærø", "søren"), ("李小龙", "李小龙"), ("मीरा", "मीरा"), ("👩‍🔬 Ann", "ann")):
        ann = person()
        answer = await ann.register(name=name, email=f"{local}.{ann.email}")
        assert (answer.status_code, answer.json()["user"]["name"]) == (201, name)
        assert (await ann.me())["user"]["email"] == f"{local}.{ann.email}"


@pytest.mark.parametrize("header", ["none", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
async def test_a_forged_identity_is_refused(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/api/v1/auth/me", headers={"x-identity": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_expired_identity_is_refused(client: httpx.AsyncClient, token_for: Any) -> None:
    token = token_for(issued_seconds_ago=400)
    assert (await client.get("/api/v1/auth/me", headers={"x-identity": token})).status_code == 401


async def test_an_identity_of_an_account_that_never_was_is_refused(client: httpx.AsyncClient, token_for: Any) -> None:
    headers = token_for.headers()
    assert (await client.get("/api/v1/auth/me", headers=headers)).status_code == 401
    answer = await client.post("/api/v1/developer/register", json={"display_name": "Ghost"}, headers=headers)
    assert answer.status_code == 401
