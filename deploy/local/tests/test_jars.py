from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from platform_local.errors import DownloadFailedError, MissingToolError
from platform_local.jars import JarSet, download_jars, missing_jars
from platform_local.servers.all import JARS

_SMALL = JarSet(server="small", version="1", folders={"lib": ("org.slf4j:slf4j-api:2.0.17",)})


@pytest.fixture
def failing_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven on a machine that reaches no repository: it keeps its build files and ends with an error."""
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    keep = 'while [ "$1" != --file ]; do shift; done; cp -r "${2%/*}" "$0.build"'
    program.write_text(f"#!/bin/sh\n{keep}\necho unreachable\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


@pytest.mark.usefixtures("failing_maven")
def test_a_failed_download_is_told_with_its_log_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailedError) as failure:
        download_jars([_SMALL], tmp_path)
    assert failure.value.log is not None
    assert failure.value.log.read_text() == "unreachable\n"
    assert list((tmp_path / "jars").iterdir()) == []
    assert missing_jars([_SMALL], tmp_path) == [_SMALL]


def test_the_poms_are_well_formed_and_name_every_folder_once(failing_maven: Path, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailedError):
        download_jars(list(JARS.values()), tmp_path)
    build = failing_maven.with_name("mvn.build")
    modules = [each.text for each in ET.parse(build / "pom.xml").findall("modules/module")]
    assert len(modules) == len(set(modules)) == sum(len(each.folders) for each in JARS.values())
    for module in modules:
        pom = ET.parse(build / str(module) / "pom.xml")
        assert pom.findall("dependencies/dependency/version")


def test_a_machine_without_maven_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="Maven"):
        download_jars([_SMALL], tmp_path)


def test_a_complete_set_needs_no_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _SMALL.home(tmp_path).mkdir(parents=True)
    monkeypatch.setenv("PATH", "")
    download_jars([_SMALL], tmp_path)
    assert missing_jars([_SMALL], tmp_path) == []


def test_another_version_or_pin_has_a_folder_of_its_own(tmp_path: Path) -> None:
    pinned = JarSet(server="small", version="1", folders=_SMALL.folders, pins=("a:b:1",))
    assert _SMALL.home(tmp_path) != pinned.home(tmp_path)
