"""A job of another platform publishes a plugin without any secret, and nobody else does."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from testkit.issuer import NAME, Issuer
from testkit.people import People

WORKFLOW = "ann/charts/.github/workflows/release.yml"
IDS = {"repository_id": "1001", "repository_owner_id": "77"}


async def _trust(developer: httpx.AsyncClient, plugin_id: str, **claims: str) -> httpx.Response:
    body = {"issuer": NAME, "claims": IDS | claims}
    return await developer.post(f"/developer/plugins/{plugin_id}/publishers", json=body)


async def _exchange(job: httpx.AsyncClient, plugin_id: str, token: str) -> httpx.Response:
    return await job.post("/developer/trusted-publishing/exchange", json={"plugin_id": plugin_id, "token": token})


def _code(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


@pytest.fixture
async def developer(people: People) -> httpx.AsyncClient:
    return await people.developer()


@pytest.fixture
async def plugin_id(people: People, developer: httpx.AsyncClient) -> str:
    plugin_id = await people.create_plugin(developer)
    assert (await _trust(developer, plugin_id, job_workflow_ref=WORKFLOW)).status_code == 201
    return plugin_id


async def test_a_job_publishes_the_plugin_and_nothing_else(
    people: People, developer: httpx.AsyncClient, plugin_id: str, issuer: Issuer
) -> None:
    job, other_id = people.visitor(), await people.create_plugin(developer)
    given = await _exchange(job, plugin_id, issuer.token())
    assert given.status_code == 200, given.text
    assert given.headers["cache-control"] == "private, no-store"
    job.headers["authorization"] = f"Bearer {given.json()['token']}"
    received = await people.submit(job, plugin_id, "1.0.0")
    assert received.status_code == 202, received.text
    assert _code(await people.submit(job, other_id, "1.0.0")) == (403, "token_limited")
    refused = await job.get(f"/developer/plugins/{plugin_id}")
    assert _code(refused) == (403, "token_limited")
    assert _code(await job.get("/auth/tokens")) == (403, "token_limited")
    [listed] = (await developer.get("/auth/tokens")).json()["tokens"]
    assert (listed["made_by"], listed["scopes"]) == ("trusted-publishing", [f"versions:publish:{plugin_id}"])
    assert (await developer.delete(f"/auth/tokens/{listed['id']}")).status_code == 204


async def test_fifty_at_once_get_one_token(
    people: People, developer: httpx.AsyncClient, plugin_id: str, issuer: Issuer
) -> None:
    job, token = people.visitor(), issuer.token()
    answers = await asyncio.gather(*(_exchange(job, plugin_id, token) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"assertion_replayed"}
    assert len((await developer.get("/auth/tokens")).json()["tokens"]) == 1


async def test_a_used_assertion_is_refused_for_as_long_as_it_would_be_taken(
    people: People, developer: httpx.AsyncClient, plugin_id: str, issuer: Issuer
) -> None:
    job = people.visitor()
    other_id = await people.create_plugin(developer)
    assert (await _trust(developer, other_id)).status_code == 201
    claims = issuer.claims()
    expired = issuer.token(iat=claims["iat"] - 100, nbf=claims["nbf"] - 100, exp=claims["iat"] - 5)
    for token in (issuer.token(), expired):  # the second by the leeway alone
        assert (await _exchange(job, plugin_id, token)).status_code == 200
        for again in (plugin_id, other_id):
            assert _code(await _exchange(job, again, token)) == (409, "assertion_replayed")
    jti = uuid4().hex
    assert (await _exchange(job, plugin_id, issuer.token(jti=jti))).status_code == 200
    assert _code(await _exchange(job, plugin_id, issuer.token(jti=jti))) == (409, "assertion_replayed")


@pytest.mark.parametrize(
    "changes",
    [
        {"repository_id": "1002"},  # the same name, registered again
        {"repository_owner_id": "78"},
        {"repository_id": None},
        {"repository_id": True},
        {"job_workflow_ref": "ann/charts/.github/workflows/other.yml@refs/tags/v1"},
        {"job_workflow_ref": None},
    ],
)
async def test_who_is_not_what_is_pinned_gets_nothing(
    people: People, plugin_id: str, issuer: Issuer, changes: dict[str, Any]
) -> None:
    answer = await _exchange(people.visitor(), plugin_id, issuer.token(**changes))
    assert _code(answer) == (403, "publisher_not_configured")


async def test_an_unsound_assertion_gets_nothing(people: People, plugin_id: str, issuer: Issuer) -> None:
    job = people.visitor()
    unsigned = jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "first"})
    unknown_key = jwt.encode(issuer.claims(), issuer.keys["first"][1], algorithm="ES256", headers={"kid": "other"})
    for token in (
        unsigned,
        unknown_key,
        issuer.token(aud="somebody-else"),
        issuer.token(iss="https://elsewhere.example"),
        issuer.token(jti=None),
        issuer.token(exp=issuer.claims()["iat"] - 60, iat=issuer.claims()["iat"] - 600),
        issuer.token()[:-4] + "AAAA",
    ):
        answer = await _exchange(job, plugin_id, token)
        assert _code(answer) == (401, "assertion_refused")
        assert token not in answer.text
    assert _code(await _exchange(job, "no-such-plugin", issuer.token())) == (403, "publisher_not_configured")


async def test_publishers_are_listed_refused_and_removed(
    people: People, developer: httpx.AsyncClient, plugin_id: str, issuer: Issuer
) -> None:
    path = f"/developer/plugins/{plugin_id}/publishers"
    listed = (await developer.get(path)).json()
    [publisher] = listed["items"]
    assert publisher["claims"] == IDS | {"job_workflow_ref": WORKFLOW}
    assert [each["name"] for each in listed["issuers"]] == [NAME]
    assert _code(await _trust(developer, plugin_id, job_workflow_ref=WORKFLOW)) == (409, "publisher_exists")
    for claims in ({"repository_id": "ann/charts"}, {"repository": "ann/charts"}, {"environment": ""}):
        assert _code(await _trust(developer, plugin_id, **claims)) == (422, "publisher_invalid")
    stranger = await people.developer()
    assert _code(await stranger.get(path)) == (403, "not_owner")
    assert _code(await _trust(stranger, plugin_id)) == (403, "not_owner")
    assert (await developer.delete(f"{path}/{publisher['id']}")).status_code == 204
    assert _code(await developer.delete(f"{path}/{publisher['id']}")) == (404, "publisher_not_found")
    assert _code(await _exchange(people.visitor(), plugin_id, issuer.token())) == (403, "publisher_not_configured")
