import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.manifest import check_manifest, check_settings
from demo.bundles import choose_bundle
from demo.catalogue import CatalogueEntry, Command
from demo.errors import PackagingError
from demo.packaging import PluginPackage, make_plugin_package
from demo.tarballs import NpmPackage, read_tarball

Package = Callable[[str], NpmPackage]


def _package(npm_package: Package, name: str, **fields: object) -> PluginPackage:
    package = npm_package(name)
    entry = CatalogueEntry(
        name=package.metadata["name"],
        category="visualization",
        family="chart",
        versions=(package.metadata["version"],),
        **fields,  # type: ignore[arg-type]  # each test states its own few fields
    )
    return make_plugin_package(entry, package)


def test_the_manifest_says_what_the_package_says_of_itself(npm_package: Package) -> None:
    made = _package(npm_package, "umd-min", command=Command(export="draw", title="Draw"))

    assert made.manifest == {
        "id": "umd-min",
        "name": "umd-min",
        "version": "1.2.0",
        "description": "A tiny chart library.",
        "license": "MIT",
        "keywords": ["chart", "svg graphics"],
        "author": "Grace Hopper",
        "homepage": "https://charts.example.com/",
        "repository": "https://github.com/example/umd-min",
        "main": "bundle.js",
        "minimum_platform_version": "1.0.0",
        "api_version": "1",
        "settings_schema": made.manifest["settings_schema"],
        "activation_events": ["onCommand:umd-min.draw"],
        "contributes": {"commands": [{"id": "umd-min.draw", "title": "Draw"}]},
    }
    assert check_manifest(made.manifest) == []
    assert check_settings(made.manifest, {"theme": "dark"}) == []
    assert made.tags == ("chart", "graphics", "svg-graphics")


def test_a_scoped_package_gets_a_slug_and_loses_what_is_not_a_web_address(npm_package: Package) -> None:
    made = _package(npm_package, "scoped")

    assert made.plugin_id == "example-scoped-js"
    assert made.manifest["name"] == "@example/scoped.js"
    assert made.manifest["description"] == "The npm package @example/scoped.js as a plugin."
    assert made.manifest["license"] == "BSD-3-Clause"
    assert made.manifest["author"] == "Barbara Liskov"
    assert made.manifest["repository"] == "https://github.com/example/scoped"
    assert made.manifest["keywords"] == ["date", "time"]
    assert "homepage" not in made.manifest
    assert made.manifest["activation_events"] == ["onStartup"]


def test_the_minified_bundle_is_taken_with_the_map_that_it_names(npm_package: Package) -> None:
    chosen = choose_bundle(npm_package("umd-min"))

    assert chosen.path == "dist/umd-min.min.js"
    assert chosen.source_map is not None
    assert b'"version":3' in chosen.source_map


def test_a_map_beside_the_bundle_is_found_without_a_comment(npm_package: Package) -> None:
    chosen = choose_bundle(npm_package("scoped"))

    assert chosen.path == "dist/index.js"
    assert chosen.source_map is not None


def test_a_stated_file_is_taken_as_it_is(npm_package: Package) -> None:
    chosen = choose_bundle(npm_package("stated"), ["gone.js", "all.js"])

    assert chosen.path == "all.js"
    assert chosen.source_map is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [("esm-only", "ES module"), ("needs-others", "requires other modules"), ("stated", "names none")],
)
def test_a_package_without_a_file_that_stands_alone_is_refused(npm_package: Package, name: str, reason: str) -> None:
    with pytest.raises(PackagingError, match=reason):
        choose_bundle(npm_package(name))


def test_a_bundle_above_the_limit_is_refused(npm_package: Package) -> None:
    package = npm_package("umd-min")
    large = NpmPackage(package.metadata, {"big.js": b"1;" * (3 * 1024 * 1024)})

    with pytest.raises(PackagingError, match="more than"):
        choose_bundle(large, ["big.js"])


def test_a_tarball_is_read_whatever_its_first_folder_is_called(tarball: Callable[..., Path]) -> None:
    package = read_tarball(tarball("umd-min", folder="umd-min v1"))

    assert package.metadata["name"] == "umd-min"
    assert "dist/umd-min.js" in package.members


def test_a_file_that_is_no_package_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tgz"
    broken.write_bytes(b"no archive")
    empty = tmp_path / "empty.tgz"
    with tarfile.open(empty, "w:gz"):
        pass

    for path in (broken, empty):
        with pytest.raises(PackagingError, match=path.name):
            read_tarball(path)
