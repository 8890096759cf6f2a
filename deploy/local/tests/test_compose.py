"""The compose file against what the stack without containers runs: no engine can be assumed here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_local.images import IMAGES
from platform_local.paths import StackPaths, repository_root
from platform_local.ports import ServerPorts
from platform_local.programs import COMPONENTS, component_environment, component_programs
from platform_local.secrets import ensure_secrets
from platform_local.servers.all import RECIPES
from platform_local.servers.context import ServerContext

_FILE = repository_root() / "deploy" / "compose" / "compose.yaml"
_KNOWN_KEYS = {
    "image", "build", "restart", "command", "entrypoint", "environment", "ports", "volumes", "init", "user",
    "read_only", "tmpfs", "cap_drop", "security_opt", "secrets",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(_FILE.read_text())
    return document


@pytest.fixture
def context(paths: StackPaths) -> ServerContext:
    secrets = ensure_secrets(paths.secrets, None)
    return ServerContext(paths=paths, ports=ServerPorts(), secrets=secrets, user=None, java=Path("/no/java"))


def test_it_runs_the_same_programs_under_the_same_names(compose: dict[str, Any], context: ServerContext) -> None:
    programs = component_programs(COMPONENTS, context, python=Path("python"), root=repository_root(), user=None)
    assert set(compose["services"]) == {*RECIPES, "mail", *(program.name for program in programs)}
    for program in programs:
        service = compose["services"][program.name]
        assert service["build"]["args"]["PACKAGE"] == program.command[2]
        assert service["command"] == [program.command[3]]
        assert str(service["environment"]["PORT"]) == str(program.ports[0])
        assert str(program.ports[0]) in service["ports"][0]


def test_servers_have_the_images_and_ports_of_the_recipes(compose: dict[str, Any]) -> None:
    ports = ServerPorts()
    for name, image in IMAGES.items():
        service = compose["services"][name]
        assert service["image"] == image
        assert service["ports"] == [f"127.0.0.1:{getattr(ports, name)}:{getattr(ports, name)}"]


def test_every_port_is_published_on_this_machine_only(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert not [port for port in published if not port.startswith("127.0.0.1:")]


def test_services_are_told_the_same_settings(compose: dict[str, Any], context: ServerContext) -> None:
    for component in COMPONENTS:
        expected = set(component_environment(component, context))
        for role in component.ports:
            given = set(compose["services"][component.program_name(role)]["environment"])
            secrets = {"REDIS_URL", "S3_SECRET_ACCESS_KEY", "DATABASE_URL", "INTERNAL_TOKEN_FILE"}
            assert expected <= given, component.program_name(role)
            assert given & secrets == expected & secrets, component.program_name(role)


def test_every_secret_and_volume_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service) <= _KNOWN_KEYS, name
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"])
        for value in service.get("environment", {}).values():
            mounted = re.fullmatch(r"/run/secrets/(.+)", str(value))
            assert mounted is None or mounted[1] in service["secrets"]


def test_our_services_are_built_from_the_one_dockerfile_and_run_without_privileges(compose: dict[str, Any]) -> None:
    for component in COMPONENTS:
        for role in component.ports:
            service = compose["services"][component.program_name(role)]
            assert (_FILE.parent / service["build"]["context"]).resolve() == repository_root()
            assert (repository_root() / service["build"]["dockerfile"]).is_file()
            assert service["build"].get("args", {}).get("FOLDER", component.folder) == component.folder
            assert service["cap_drop"] == ["ALL"]
            assert service["read_only"] is True
