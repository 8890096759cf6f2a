"""Every route has a row in the table of rights, and asks for the operation of that row."""

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import auth.main
import catalog.main
import installs.main
import publishing.main
from chassis.app import API_PREFIX
from chassis.authorisation import PermitAnyone
from contracts.policy import Needs
from contracts.policy_table import RULES

ROOT = Path(__file__).parents[2]
METHODS = {"get", "put", "post", "patch", "delete"}
ROUTERS = {
    "auth": auth.main.ROUTERS,
    "catalog": catalog.main.ROUTERS,
    "installs": installs.main.ROUTERS,
    "publishing": publishing.main.ROUTERS,
}


def documented() -> set[str]:
    document = json.loads((ROOT / "gateway/src/gateway/openapi.json").read_text("utf-8"))
    return {
        f"{method.upper()} {path.removeprefix(API_PREFIX)}"
        for path, item in document["paths"].items()
        for method in METHODS & item.keys()
    }


def in_table() -> list[str]:
    return [route for rule in RULES.values() for route in rule.routes]


def test_every_route_has_one_row() -> None:
    assert sorted(documented()) == sorted(in_table())


def routes_of(service: str) -> list[APIRoute]:
    found = [route for router in ROUTERS[service] for route in router.routes if isinstance(route, APIRoute)]
    assert len(found) == sum(len(router.routes) for router in ROUTERS[service]) > 0
    return [route for route in found if route.path.startswith(API_PREFIX)]


def dependencies_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for each in dependant.dependencies:
        if each.call is not None:
            yield each.call
        yield from dependencies_of(each)


def test_no_route_is_missed() -> None:
    found = {
        f"{method} {route.path.removeprefix(API_PREFIX)}"
        for service in ROUTERS
        for route in routes_of(service)
        for method in route.methods or ()
        if route.include_in_schema
    }
    assert found == documented()


@pytest.mark.parametrize("service", ROUTERS)
def test_every_route_asks_for_its_operation(service: str) -> None:
    operations = {route: rule.operation for rule in RULES.values() for route in rule.routes}
    for route in routes_of(service):
        for method in (route.methods or set()) - {"HEAD"}:
            operation = operations[f"{method} {route.path.removeprefix(API_PREFIX)}"]
            calls = dependencies_of(route.dependant)
            asked = {call.rule.operation for call in calls if isinstance(call, PermitAnyone)}
            if asked or RULES[operation].needs is not Needs.ANYONE:
                assert asked == {operation}, f"{method} {route.path}"


@pytest.mark.parametrize("service", ROUTERS)
def test_no_dependency_needs_a_thread(service: str) -> None:
    # FastAPI runs what is no coroutine on a thread, which waits for its turn behind everything that is busy.
    calls = {call for route in routes_of(service) for call in [route.endpoint, *dependencies_of(route.dependant)]}
    plain = {call for call in calls if not inspect.iscoroutinefunction(call) and not isinstance(call, PermitAnyone)}
    assert plain == set()


def test_a_rule_about_ownership_or_freshness_needs_somebody() -> None:
    for rule in RULES.values():
        assert rule.needs is not Needs.ANYONE or (rule.of is None and not rule.recent)
