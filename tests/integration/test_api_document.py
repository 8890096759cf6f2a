"""Somebody who knows only the API document gets along with the platform."""

import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from testkit.people import API, People, manifest_of
from testkit.platform import RunningPlatform

# Item 4 of what this platform is for: every address, by the names of its parameters in the document
REQUIRED = """
POST auth/register|POST auth/login|POST auth/logout|GET auth/me
GET plugins|GET plugins/categories|GET plugins/{}|GET plugins/{}/versions|GET plugins/{}/versions/{}
GET plugins/{}/versions/{}/bundle|GET plugins/{}/versions/{}/source-map
GET plugins/{}/reviews|GET plugins/{}/reviews/mine|PUT plugins/{}/reviews/mine|DELETE plugins/{}/reviews/mine
GET user/plugins|POST user/plugins/install|PATCH user/plugins/{}|DELETE user/plugins/{}
POST developer/register|GET developer/plugins|POST developer/plugins|GET developer/plugins/{}
PATCH developer/plugins/{}|POST developer/plugins/{}/versions|DELETE developer/plugins/{}/versions/{}
GET developer/submissions/{}|GET review/queue|GET review/submissions/{}|POST review/submissions/{}/decision
POST admin/plugins/{}/suspend|POST admin/plugins/{}/restore
"""


@pytest.fixture
async def document(platform: RunningPlatform) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=platform.gateway_url) as client:
        answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


async def test_the_document_is_valid_and_complete(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    found = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path).removeprefix(API + '/')}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert {line.strip() for line in re.split(r"[|\n]", REQUIRED) if line.strip()} <= found
    identifiers = [op["operationId"] for operations in document["paths"].values() for op in operations.values()]
    assert len(identifiers) == len(set(identifiers))


async def test_a_manifest_can_be_written_from_the_document_alone(document: dict[str, Any]) -> None:
    upload = document["paths"][f"{API}/developer/plugins/{{plugin_id}}/versions"]["post"]
    parts = upload["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    schema = parts["manifest"]["contentSchema"]
    assert Draft202012Validator(schema).is_valid(manifest_of("some-plugin", "1.0.0"))
    assert not Draft202012Validator(schema).is_valid({"id": "some-plugin"})


async def test_the_docs_page_needs_nothing_from_elsewhere(platform: RunningPlatform) -> None:
    async with httpx.AsyncClient(base_url=platform.gateway_url, follow_redirects=True) as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]
        assert re.findall(r"(?:src|href)=[\"'](?:https?:)?//", page.text) == []
        for address in re.findall(r"(?:src|href)=[\"']([^\"'#]+)[\"']", page.text):
            if not address.startswith("data:"):
                assert (await client.get(str(page.url.join(address)))).status_code == 200, address


async def test_every_read_answers_as_documented(people: People, document: dict[str, Any]) -> None:
    developer = await people.developer()
    plugin_id = await people.create_plugin(developer)
    await people.publish(developer, plugin_id, "1.0.0")
    user = await people.register("Walker")
    review = {"rating": 4, "text": "Walked."}
    assert (await user.put(f"/plugins/{plugin_id}/reviews/mine", json=review)).status_code == 201
    assert (await people.install(user, plugin_id)).status_code == 201
    submissions = (await developer.get(f"/developer/plugins/{plugin_id}")).json()["submissions"]
    organisation = {"slug": f"walkers-{plugin_id[-12:]}", "name": "Walkers"}
    assert (await user.post("/organisations", json=organisation)).status_code == 201
    receiver = {"kind": "account", "id": (await user.get("/auth/me")).json()["user"]["id"]}
    offered = await developer.post(f"/developer/plugins/{plugin_id}/transfer", json={"to": receiver})
    assert offered.status_code == 201, offered.text
    device = await user.post("/auth/device/code", json={"client_name": "A walker", "scopes": ["installs:read"]})
    values = {
        "plugin_id": plugin_id,
        "version": "1.0.0",
        "submission_id": submissions[0]["id"],
        "slug": organisation["slug"],
        "user_code": device.json()["user_code"],
    }
    clients = {"developer": developer, "review": await people.reviewer(), "admin": await people.administrator()}
    queries = {"/admin/accounts": {"email": "nobody@example.org"}}
    walked = 0
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or path.endswith("source-map"):
            continue
        address = path.removeprefix(API).format_map(_Values(values))
        client = clients.get(address.split("/")[1], user)
        answer = await client.get(address, params=queries.get(address))
        assert answer.status_code == 200, f"{path}: {answer.text}"
        _check_body(document, operation, answer, path)
        walked += 1
    assert walked >= 13


class _Values(dict[str, str]):
    """Fails with the parameter's name where the walk has no value for it."""


def _check_body(document: dict[str, Any], operation: dict[str, Any], answer: httpx.Response, path: str) -> None:
    documented = operation["responses"]["200"].get("content", {})
    content = {media_type.split(";")[0]: body for media_type, body in documented.items()}
    media_type = answer.headers["content-type"].split(";")[0]
    assert media_type in content or not content, f"{path} answers {media_type}, documented: {sorted(content)}"
    if media_type == "application/json":
        schema = content[media_type]["schema"]
        assert schema, f"{path} documents no schema"
        errors = list(Draft202012Validator({**schema, "components": document["components"]}).iter_errors(answer.json()))
        assert errors == [], f"{path}: {errors[0].message}"
