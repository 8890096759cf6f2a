from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from platform_local.paths import StackPaths, repository_root
from platform_local.ports import ServerPorts
from platform_local.postgres_roles import SERVICE_ROLES
from platform_local.programs import COMPONENTS, Component, component_environment, component_programs
from platform_local.secrets import ensure_secrets
from platform_local.servers.context import ServerContext


@pytest.fixture
def context(paths: StackPaths) -> ServerContext:
    secrets = ensure_secrets(paths.secrets, None)
    return ServerContext(paths=paths, ports=ServerPorts(), secrets=secrets, user=None, java=Path("/no/java"))


def _component(package: str) -> Component:
    return next(component for component in COMPONENTS if component.package == package)


def test_every_service_folder_of_the_repository_is_in_the_table() -> None:
    root = repository_root()
    folders = {str(path.parent.relative_to(root)) for path in root.glob("services/*/pyproject.toml")}
    assert folders | {"gateway"} == {component.folder for component in COMPONENTS}


def test_every_program_has_a_name_and_a_port_of_its_own(context: ServerContext) -> None:
    programs = component_programs(COMPONENTS, context, python=Path("python"), root=repository_root(), user=None)
    names = Counter(program.name for program in programs)
    ports = Counter(port for program in programs for port in program.ports)
    assert max(names.values()) == 1
    assert max(ports.values()) == 1
    assert len(programs) == 13


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_secrets_go_only_where_they_belong(context: ServerContext, component: Component) -> None:
    variables = component_environment(component, context)
    assert ("IDENTITY_PRIVATE_KEY_FILE" in variables) == (component.package == "auth")
    assert ("SECOND_FACTOR_KEY_FILE" in variables) == (component.package == "auth")
    assert ("INTERNAL_TOKEN_FILE" in variables) == (component.package in {"auth", "gateway", "publishing"})
    assert ("DATABASE_URL" in variables) == (component.package in SERVICE_ROLES)
    assert ("S3_SECRET_ACCESS_KEY" in variables) == (component.package in {"catalog", "publishing"})
    assert ("REDIS_URL" in variables) == (component.package in {"auth", "search_indexer", "gateway"})
    others = set(SERVICE_ROLES) - {component.package}
    passwords = [context.secrets.postgres_roles[role] for role in others] + [context.secrets.postgres_admin]
    assert not [value for value in variables.values() for password in passwords if password in value]


def test_a_person_may_override_limits_for_all_services(context: ServerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNDLE_MAX_BYTES", "1000")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    variables = component_environment(_component("publishing"), context)
    assert variables["BUNDLE_MAX_BYTES"] == "1000"
    assert "elsewhere" not in component_environment(_component("auth"), context)["REDIS_URL"]


def test_a_second_stack_moves_every_port(context: ServerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_PORT_OFFSET", "500")
    monkeypatch.delenv("GATEWAY_PORT", raising=False)
    variables = component_environment(_component("gateway"), context)
    assert variables["AUTH_URL"] == "http://127.0.0.1:18501"
    programs = component_programs(COMPONENTS, context, python=Path("python"), root=repository_root(), user=None)
    assert 8580 in {port for program in programs for port in program.ports}
