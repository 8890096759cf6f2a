"""From the catalogue to plugin packages: fetch, open, package."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from demo.catalogue import CatalogueEntry
from demo.npm_packages import PackageCache, Spec
from demo.packaging import PluginPackage, make_plugin_package
from demo.progress import Steps
from demo.tarballs import read_tarball
from platform_local.paths import cache_dir


@dataclass(frozen=True)
class Plugin:
    """One plugin with all its versions, as its developer has them.

    Parameters
    ----------
    entry
        What the catalogue says.
    packages
        Its versions, oldest first; at least one.
    """

    entry: CatalogueEntry
    packages: tuple[PluginPackage, ...]

    @property
    def id(self) -> str:
        """Its slug."""
        return self.packages[0].plugin_id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.entry.name

    @property
    def approved(self) -> tuple[PluginPackage, ...]:
        """The versions that will be published, oldest first."""
        return tuple(package for package in self.packages if package.version not in self.entry.rejections)


async def prepare(entries: Sequence[CatalogueEntry], steps: Steps) -> list[Plugin]:
    """Fetch and package every version of the entries.

    Raises
    ------
    DownloadError
        npm could not fetch one.
    PackagingError
        A package is not what the catalogue says.
    """
    cache = PackageCache(cache_dir() / "npm")
    specs = [Spec(entry.name, version) for entry in entries for version in entry.versions]
    missing = len(cache.missing(specs))
    if missing < len(specs):
        steps.say(f"{len(specs) - missing} of {len(specs)} npm packages are in the cache already.")
    if missing:
        with steps.step("Fetching packages with npm", missing) as advance:
            await cache.fetch(specs, advance)
    plugins = []
    with steps.step("Making plugin packages", len(specs)) as advance:
        for entry in entries:
            plugins.append(await asyncio.to_thread(_package, cache, entry))
            advance(len(entry.versions))
    return plugins


def _package(cache: PackageCache, entry: CatalogueEntry) -> Plugin:
    return Plugin(
        entry=entry,
        packages=tuple(
            make_plugin_package(entry, read_tarball(cache.path_of(Spec(entry.name, version))))
            for version in entry.versions
        ),
    )
