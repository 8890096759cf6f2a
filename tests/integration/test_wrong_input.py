"""Wrong input gets a 4xx problem with a stable code, the field and the remedy, and changes nothing."""

import json

import httpx
import pytest

from testkit.people import People, manifest_of
from testkit.platform import RunningPlatform


def expect(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    problem: dict[str, object] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert problem["remedy"]
    assert problem["trace_id"]
    assert "Traceback" not in answer.text
    return problem


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/plugins/no-such-plugin", 404, "plugin_not_found"),
        ("/plugins/no-such-plugin/versions", 404, "plugin_not_found"),
        ("/plugins/no-such-plugin/versions/1.0.0", 404, "plugin_not_found"),
        ("/plugins/no-such-plugin/versions/1.0.0/bundle", 404, "plugin_not_found"),
        ("/plugins/no-such-plugin/versions/not-a-version", 422, "version_invalid"),
        ("/plugins?sort=cheapest", 422, "request_invalid"),
        ("/plugins?limit=0", 422, "request_invalid"),
        ("/plugins?limit=1000000", 422, "request_invalid"),
        ("/plugins?category=no-such-category", 422, "request_invalid"),
        ("/plugins?cursor=broken", 400, "cursor_invalid"),
        ("/plugins?q=%00", 422, "request_invalid"),
        ("/plugins?q=%ff", 422, "request_invalid"),
        ("/nothing-here", 404, "route_not_found"),
        ("/developer/plugins", 401, "unauthenticated"),
        ("/review/queue", 401, "unauthenticated"),
    ],
)
async def test_reads(people: People, path: str, status: int, code: str) -> None:
    problem = expect(await people.visitor().get(path), status, code)
    if code == "request_invalid":
        assert problem["errors"]


async def test_installs(people: People) -> None:
    somebody = people.visitor()
    expect(await somebody.post("/user/plugins/install", json={"plugin_id": "no-such-plugin"}), 404, "plugin_not_found")
    json_type = {"content-type": "application/json"}
    expect(await somebody.post("/user/plugins/install", content=b"{", headers=json_type), 400, "body_not_json")
    expect(await somebody.post("/user/plugins/install", json=[]), 422, "request_invalid")
    expect(
        await somebody.post("/user/plugins/install", json={"plugin_id": "x", "owner_id": "y"}), 422, "request_invalid"
    )
    assert somebody.cookies.get("sid") is None, "a refused write makes no identity"


async def test_submissions(people: People) -> None:
    developer, stranger, user = await people.developer(), await people.developer(), await people.register("Eve")
    plugin_id = await people.create_plugin(developer)
    expect(await people.submit(developer, "no-such-plugin", "1.0.0"), 404, "plugin_not_found")
    expect(await people.submit(stranger, plugin_id, "1.0.0"), 403, "not_owner")
    expect(await stranger.patch(f"/developer/plugins/{plugin_id}", json={"name": "Mine now"}), 403, "not_owner")
    expect(await people.submit(user, plugin_id, "1.0.0"), 403, "forbidden")
    taken = {"id": plugin_id, "name": "Taken", "description": "Taken.", "category": "utilities"}
    expect(await stranger.post("/developer/plugins", json=taken), 409, "plugin_id_taken")

    broken = manifest_of(plugin_id, "1.0", homepage="javascript:alert(1)", extra=1)
    del broken["name"]
    part = ("manifest.json", json.dumps(broken).encode(), "application/json")
    problem = expect(await people.submit(developer, plugin_id, "1.0.0", manifest=part), 422, "manifest_invalid")
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert {"", "/version", "/homepage"} <= {error["pointer"] for error in errors}, "all violations at once"

    part = ("manifest.json", b'{"id": "a", "id": "b"}', "application/json")
    expect(await people.submit(developer, plugin_id, "1.0.0", manifest=part), 422, "manifest_invalid")
    large = ("bundle.js", b"x" * 1_100_000, "text/javascript")
    expect(await people.submit(developer, plugin_id, "1.0.0", bundle=large), 413, "bundle_too_large")

    assert (await people.submit(developer, plugin_id, "1.0.0")).status_code == 202
    other = ("bundle.js", b"module.exports = 'other bytes';", "text/javascript")
    expect(await people.submit(developer, plugin_id, "1.0.0", bundle=other), 409, "version_exists")
    assert (await people.submit(developer, plugin_id, "1.0.0")).status_code == 202, "the same bytes resume"
    listed = (await developer.get(f"/developer/plugins/{plugin_id}")).json()
    assert listed["status"] == "draft"


async def test_identity_headers_of_clients_mean_nothing(people: People) -> None:
    headers = {
        "x-identity": "eyJhbGciOiJub25lIn0.e30.",
        "x-session": "x",
        "x-internal-token": "x",
        "x-user-id": "1",
        "x-roles": "administrator",
    }
    answer = await people.visitor().get("/auth/me", headers=headers)
    assert answer.status_code in {200, 401}
    assert answer.status_code == 401 or answer.json()["user"] is None
    expect(await people.visitor().get("/review/queue", headers=headers), 401, "unauthenticated")


async def test_internal_addresses_are_not_reachable(platform: RunningPlatform) -> None:
    async with httpx.AsyncClient(base_url=platform.gateway_url) as client:
        for path in (
            "/internal/anonymous",
            "/api/v1/internal/anonymous",
            "/api/v1/../internal/anonymous",
            "//internal/anonymous",
        ):
            assert (await client.post(path)).status_code in {400, 404}, path


async def test_a_mutation_from_a_foreign_page_is_refused(people: People) -> None:
    user = await people.register("Ann")
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        answer = await user.post("/auth/logout", headers=headers)
        assert answer.status_code == 403, headers
    assert (await user.get("/auth/me")).json()["user"]["name"] == "Ann"
