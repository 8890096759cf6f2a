"""The application factory through its door: problems, strict bodies, identity, health."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from pydantic import BaseModel

from chassis.app import create_api
from chassis.authorisation import permit
from chassis.clock import SystemClock
from chassis.cursors import decode_cursor, encode_cursor
from chassis.errors import CursorInvalidError, ServiceUnavailableError
from chassis.identity import IdentityVerifier, MaybeIdentity
from chassis.openapi import build_openapi
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from testkit.client import asgi_client
from testkit.identities import IdentityKeys, TokenSigner


class Thing(BaseModel):
    name: str
    count: int = 0


router = APIRouter(prefix="/things", route_class=StrictRoute)


@router.post("")
async def add_thing(thing: Thing) -> Thing:
    return thing


@router.get("")
async def list_things(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict[str, int]:
    return {"limit": limit}


@router.get("/fault")
async def fault() -> None:
    raise RuntimeError("secret detail")


@router.get("/away")
async def away() -> None:
    raise ServiceUnavailableError("the database")


@router.get("/whoami")
async def whoami(identity: MaybeIdentity) -> str:
    return "nobody" if identity is None else identity.name


@router.get("/mine")
async def mine(user: Annotated[IdentityClaims, Depends(permit("account.audit"))]) -> str:
    return str(user.sub)


@router.get("/queue")
async def queue(reviewer: Annotated[IdentityClaims, Depends(permit("submission.review"))]) -> str:
    return reviewer.name


async def refuse() -> None:
    raise RuntimeError("not ready")


@pytest.fixture(scope="module")
def app(identity_keys: IdentityKeys) -> FastAPI:
    verifier = IdentityVerifier(public_key_pem=identity_keys.public_key_file.read_bytes(), clock=SystemClock())
    return create_api(
        title="Things", description="", routers=[router], identity_verifier=verifier, readiness={"database": refuse}
    )


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi_client(app) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "body_not_json"),
        (b'{"name": "a", "name": "b"}', 400, "body_not_json"),
        (b'{"name": "\\u0000"}', 400, "body_not_json"),
        (b'{"name": "a", "count": NaN}', 400, "body_not_json"),
        (b"[" * 100_000, 400, "body_not_json"),
        (b"[]", 422, "request_invalid"),
        (b'{"count": "x"}', 422, "request_invalid"),
    ],
)
async def test_a_bad_body_is_refused_with_a_problem(
    client: httpx.AsyncClient, body: bytes, status: int, code: str
) -> None:
    answer = await client.post("/things", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("body", [b"", b"not json", b'{"name": "a"}'])
async def test_a_body_that_does_not_claim_to_be_json_is_refused_as_such(
    client: httpx.AsyncClient, body: bytes, content_type: str
) -> None:
    answer = await client.post("/things", content=body, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (400, "body_not_json")
    assert "Content-Type" in answer.json()["remedy"]


async def test_all_offending_fields_are_named_with_pointers(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", json={"count": "x"})
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/name", "/count"}
    answer = await client.get("/things", params={"limit": 0})
    assert [error["parameter"] for error in answer.json()["errors"]] == ["limit"]


@pytest.mark.parametrize("address", ["/things?q=%00", "/things/%00", "/things?q=%ff"])
async def test_an_address_no_store_could_keep_is_refused(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_an_unexpected_fault_tells_nothing_but_the_trace(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    trace = "a1" * 16
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/things/fault", headers={"traceparent": f"00-{trace}-{'b2' * 8}-01"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["trace_id"] == trace


async def test_an_outage_is_a_503_that_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/things/away")
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_unknown_addresses_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    missing, wrong = await client.get("/nothing"), await client.delete("/things")
    assert (missing.status_code, missing.json()["code"]) == (404, "route_not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"


async def test_liveness_holds_while_readiness_fails(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).status_code == 200
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"checks": {"database": "failing"}})
    assert "http_request_duration_seconds" in (await client.get("/metrics")).text


async def test_callers_are_told_apart(client: httpx.AsyncClient, token_for: TokenSigner) -> None:
    anonymous = {"x-identity": token_for(kind="anonymous", roles=())}
    user = {"x-identity": token_for(name="Ann", roles=("user",))}
    reviewer = {"x-identity": token_for(name="Rob", roles=("user", "reviewer"))}
    assert (await client.get("/things/whoami")).json() == "nobody"
    assert (await client.get("/things/whoami", headers=user)).json() == "Ann"
    assert (await client.get("/things/mine", headers=anonymous)).status_code == 401
    assert (await client.get("/things/mine", headers=user)).status_code == 200
    refused = await client.get("/things/queue", headers=user)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await client.get("/things/queue", headers=reviewer)).json() == "Rob"


@pytest.mark.parametrize("token", ["", "x", "e30.e30.", "a.b.c"])
async def test_a_token_that_is_none_is_refused(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.get("/things/whoami", headers={"x-identity": token})).status_code == 401


async def test_expired_foreign_and_tampered_tokens_are_refused(
    client: httpx.AsyncClient, token_for: TokenSigner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from testkit.identities import make_identity_keys

    expired = token_for(issued_seconds_ago=1000, lifetime_seconds=300)
    foreign = TokenSigner(make_identity_keys(tmp_path_factory.mktemp("foreign")))()
    header, payload, signature = token_for().split(".")
    for token in (expired, foreign, f"{header}.{payload[:-2]}AA.{signature}", f"{header}.{payload}."):
        assert (await client.get("/things/whoami", headers={"x-identity": token})).status_code == 401


def test_the_document_states_problems_and_prefixed_operations(app: FastAPI) -> None:
    document = build_openapi(app, service="things")
    operation = document["paths"]["/things"]["post"]
    assert document["openapi"].startswith("3.1")
    assert operation["operationId"] == "things_add_thing"
    assert "422" not in operation["responses"]
    assert "application/problem+json" in operation["responses"]["default"]["content"]


@pytest.mark.parametrize("cursor", ["", "!!", "AAAA", "é", "a" * 2000, encode_cursor("other", [1, "x"])])
def test_a_cursor_that_is_not_of_this_listing_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalidError):
        decode_cursor("listing", cursor, length=2)


@pytest.mark.parametrize(
    "position",
    [
        '[1, "\\u0000"]',
        '[1, "\\ud800"]',
        f"[1, {'9' * 400}]",
        "[1, NaN]",
        "[1, 1e999]",
        "[1, " + "[" * 700 + "]" * 700 + "]",
    ],
    ids=["NUL", "lone surrogate", "integer beyond every store", "NaN", "infinity", "deep nesting"],
)
def test_a_forged_cursor_that_no_store_could_take_is_refused(position: str) -> None:
    content = position.encode()
    digest = hashlib.sha256(b"listing\0" + content).digest()[:6]
    cursor = base64.urlsafe_b64encode(digest + content).rstrip(b"=").decode()
    with pytest.raises(CursorInvalidError):
        decode_cursor("listing", cursor, length=2)


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode_cursor("listing", encode_cursor("listing", [1.5, "ä"]), length=2) == [1.5, "ä"]
    with pytest.raises(CursorInvalidError):
        decode_cursor("listing", encode_cursor("listing", [1]), length=2)
