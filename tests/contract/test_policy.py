"""Every route has a row in the table of rights, and asks for the operation of that row."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import auth.main
import catalog.main
import installs.main
import publishing.main
from chassis.app import API_PREFIX, create_api
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


def permits_of(dependant: Dependant) -> Iterator[PermitAnyone]:
    for each in dependant.dependencies:
        if isinstance(each.call, PermitAnyone):
            yield each.call
        yield from permits_of(each)


@pytest.mark.parametrize("service", ROUTERS)
def test_every_route_asks_for_its_operation(service: str) -> None:
    app = create_api(title="", description="", routers=ROUTERS[service], identity_verifier=None, readiness={})
    operations = {route: rule.operation for rule in RULES.values() for route in rule.routes}
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.path.startswith(API_PREFIX):
            continue
        for method in route.methods or ():
            operation = operations[f"{method} {route.path.removeprefix(API_PREFIX)}"]
            asked = {permit.rule.operation for permit in permits_of(route.dependant)}
            if asked or RULES[operation].needs is not Needs.ANYONE:
                assert asked == {operation}, f"{method} {route.path}"


def test_a_rule_about_ownership_or_freshness_needs_somebody() -> None:
    for rule in RULES.values():
        assert rule.needs is not Needs.ANYONE or (rule.of is None and not rule.recent)
