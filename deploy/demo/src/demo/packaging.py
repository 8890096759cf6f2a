"""Turning an npm package into a plugin package: a manifest, the bundle and its source map."""

from dataclasses import dataclass
from typing import Any

from contracts.manifest import check_manifest
from demo import package_metadata
from demo.bundles import choose_bundle
from demo.catalogue import CatalogueEntry
from demo.errors import PackagingError
from demo.families import FAMILIES
from demo.tarballs import NpmPackage

MAX_TAGS = 8
MAX_TAG = 30


@dataclass(frozen=True)
class PluginPackage:
    """What a developer uploads for one version, with what the plugin's listing says.

    Parameters
    ----------
    plugin_id, version, category, family
        What it is.
    manifest
        Fits the platform's schema.
    tags
        Words for the listing.
    bundle, source_map
        Bytes as the package's author published them.
    changelog
        One sentence.
    """

    plugin_id: str
    version: str
    category: str
    family: str
    manifest: dict[str, Any]
    tags: tuple[str, ...]
    bundle: bytes
    source_map: bytes | None
    changelog: str


def make_plugin_package(entry: CatalogueEntry, package: NpmPackage) -> PluginPackage:
    """Make the plugin package of one version.

    Raises
    ------
    PackagingError
        The package has no usable bundle, or what it says of itself does not fit a manifest.
    """
    bundle = choose_bundle(package, entry.bundle)
    manifest = _manifest(entry, package)
    faults = check_manifest(manifest)
    if faults:
        listed = "; ".join(f"{fault.pointer} {fault.detail}" for fault in faults)
        raise PackagingError(
            f"The manifest of {entry.name}@{manifest['version']} does not fit: {listed}.",
            remedy="Correct how package.json is read (demo/package_metadata.py).",
        )
    return PluginPackage(
        plugin_id=manifest["id"],
        version=manifest["version"],
        category=entry.category,
        family=entry.family,
        manifest=manifest,
        tags=_tags(entry, manifest),
        bundle=bundle.content,
        source_map=bundle.source_map,
        changelog=f"Version {manifest['version']} of the npm package {entry.name}: its file {bundle.path}, unchanged.",
    )


def _manifest(entry: CatalogueEntry, package: NpmPackage) -> dict[str, Any]:
    metadata = package.metadata
    plugin_id = package_metadata.slug_of(entry.name)
    said = {
        "license": package_metadata.license_of(metadata),
        "keywords": package_metadata.keywords_of(metadata),
        "author": package_metadata.author_of(metadata),
        "homepage": package_metadata.homepage_of(metadata),
        "repository": package_metadata.repository_of(metadata),
    }
    manifest: dict[str, Any] = {
        "id": plugin_id,
        "name": metadata["name"],
        "version": metadata["version"],
        "description": package_metadata.description_of(metadata),
        **{name: value for name, value in said.items() if value},
        "main": "bundle.js",
        "minimum_platform_version": "1.0.0",
        "api_version": "1",
        "settings_schema": FAMILIES[entry.family].settings_schema,
    }
    if entry.command is None:
        return manifest | {"activation_events": ["onStartup"]}
    command_id = f"{plugin_id}.{entry.command.export}"
    return manifest | {
        "activation_events": [f"onCommand:{command_id}"],
        "contributes": {"commands": [{"id": command_id, "title": entry.command.title}]},
    }


def _tags(entry: CatalogueEntry, manifest: dict[str, Any]) -> tuple[str, ...]:
    words = [*FAMILIES[entry.family].tags, *map(package_metadata.slug_of, manifest.get("keywords", ()))]
    return tuple(word for word in dict.fromkeys(words) if 1 < len(word) <= MAX_TAG)[:MAX_TAGS]
