"""What the linters and checks cover is everything there is."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PLATFORM_PACKAGES = {path.name for path in ROOT.glob("libs/*/src/*") if path.is_dir()} | {
    path.name for path in [*ROOT.glob("services/*/src/*"), *ROOT.glob("gateway/src/*")] if path.is_dir()
}
SERVICES = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}
LINES_AT_MOST = 400


def sources() -> list[Path]:
    folders = ("libs", "services", "gateway", "bench", "deploy")
    return [
        path
        for folder in folders
        for path in (ROOT / folder).glob("**/src/**/*.py")
        if "node_modules" not in path.parts
    ]


def test_import_linter_knows_every_package() -> None:
    assert set(CONFIGURATION["tool"]["importlinter"]["root_packages"]) == PLATFORM_PACKAGES


def test_mypy_finds_every_package() -> None:
    paths = set(CONFIGURATION["tool"]["mypy"]["mypy_path"].split(":"))
    found = {
        str(path.parent.parent.relative_to(ROOT))
        for pattern in ("libs/*", "services/*", "deploy/*", "gateway", "bench")
        for path in ROOT.glob(f"{pattern}/src/*/__init__.py")
    }
    assert paths - {"gateway/tests/support", "services/auth/tests/support"} == found


def test_the_services_are_those_of_the_design() -> None:
    assert {"auth", "catalog", "installs", "publishing", "search-indexer"} == SERVICES


def test_every_service_says_on_one_page_what_it_owns() -> None:
    for service in SERVICES:
        text = (ROOT / "services" / service / "README.md").read_text("utf-8").lower()
        for word in ("owns", "emits", "consumes", "settings", "runbook"):
            assert word in text, f"{service}/README.md does not say what it {word}"


def test_no_source_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): n
        for path in sources()
        if (n := path.read_text("utf-8").count("\n")) > LINES_AT_MOST
    }
    assert long == {}


def test_no_module_is_a_grab_bag() -> None:
    assert [path for path in sources() if path.stem in {"utils", "helpers", "common", "misc"}] == []


def test_every_suppression_carries_its_reason() -> None:
    bare = re.compile(r"#\s*(?:noqa(?::[\w, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?)\s*$")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_the_lock_carries_hashes_and_no_addresses() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in entry for entry in entries if entry.strip())
    assert "://" not in text
    assert "--index" not in text
