from __future__ import annotations

import json
from importlib.resources import files

import pytest

from gateway.routes import RouteTable, SessionUse, build_routes
from gateway_stand_ins.platform import Platform

TABLE = RouteTable(build_routes(upload_limit_bytes=1))


@pytest.mark.parametrize(
    ("path", "upstream", "session"),
    [
        ("/api/v1/plugins", "catalog", SessionUse.IGNORED),
        ("/api/v1/plugins/categories", "catalog", SessionUse.IGNORED),
        ("/api/v1/plugins/chart-kit", "catalog", SessionUse.IGNORED),
        ("/api/v1/plugins/chart-kit/versions/1.0.0+build.5/bundle", "catalog", SessionUse.IGNORED),
        ("/api/v1/plugins/chart-kit/reviews", "catalog", SessionUse.IGNORED),
        ("/api/v1/plugins/chart-kit/reviews/mine", "catalog", SessionUse.REQUIRED),
        ("/api/v1/auth/login", "auth", SessionUse.OPTIONAL),
        ("/api/v1/user/plugins/chart-kit", "installs", SessionUse.OPTIONAL),
        ("/api/v1/developer/register", "auth", SessionUse.REQUIRED),
        ("/api/v1/developer/profile", "auth", SessionUse.REQUIRED),
        ("/api/v1/developer/plugins/chart-kit/versions", "publishing", SessionUse.REQUIRED),
        ("/api/v1/developer/plugins", "publishing", SessionUse.REQUIRED),
        ("/api/v1/review/queue", "publishing", SessionUse.REQUIRED),
        ("/api/v1/admin/plugins/chart-kit/suspend", "publishing", SessionUse.REQUIRED),
    ],
)
def test_an_address_leads_to_its_service(path: str, upstream: str, session: SessionUse) -> None:
    route = TABLE.find(path)
    assert route is not None
    assert (route.upstream, route.session) == (upstream, session)


@pytest.mark.parametrize(
    "path",
    [
        "/internal/sessions/renew",
        "/api/v1/internal/anonymous",
        "/api/v1",
        "/api/v1/user",
        "/api/v2/plugins",
        "/api/v1/plugins/a/b/c/d/e",
        "/api/v1/pluginsx",
        "/x/api/v1/plugins",
        "/api/v1/plugins\n",
    ],
)
def test_whatever_the_table_does_not_name_is_not_reachable(path: str) -> None:
    assert TABLE.find(path) is None


def test_every_documented_operation_is_reachable() -> None:
    document = json.loads(files("gateway").joinpath("openapi.json").read_text("utf-8"))
    assert document["paths"]
    for path, item in document["paths"].items():
        route = TABLE.find(path)
        assert route is not None, path
        for operation in item.values():
            assert operation["operationId"].startswith(f"{route.upstream}_"), path


async def test_an_unknown_address_is_a_problem(steady: Platform) -> None:
    answer = await steady.client.get("/api/v1/nothing-here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "route_not_found"
    assert answer.json()["instance"] == "/api/v1/nothing-here"
    assert len(answer.json()["trace_id"]) == 32


async def test_path_and_query_go_on_byte_for_byte(steady: Platform) -> None:
    target = "/api/v1/user/plugins/caf%C3%A9-1.0~a!$'()*+,=:@?b=%2f&a=%20+&&x=%zz;y"
    await steady.client.get(steady.url + target)
    assert steady.installs.last.target == target


async def test_an_unknown_method_is_a_problem(steady: Platform) -> None:
    answer = await steady.client.request("PROPFIND", "/api/v1/plugins")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


async def test_head_is_answered_from_get(steady: Platform) -> None:
    steady.installs.reply("/api/v1/user/plugins", "[1,2]", headers={"etag": '"a"'})
    answer = await steady.client.head("/api/v1/user/plugins")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"a"'
    assert answer.headers["content-length"] == "5"
    assert answer.content == b""
    assert steady.installs.last.method == "GET"
