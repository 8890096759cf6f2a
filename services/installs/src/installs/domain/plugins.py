"""What this service knows of published plugins and versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.events.plugins import PluginState, PluginStatus, VersionState
from contracts.manifest import default_settings
from contracts.versions import is_prerelease, sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlugin:
    """A plugin as an install needs it; `latest_version` is None while nothing is published."""

    plugin_id: str
    status: PluginStatus
    latest_version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVersion:
    """A published version as settings need it; `settings_schema` is None where the plugin takes no settings."""

    plugin_id: str
    version: str
    settings_schema: dict[str, Any] | None
    default_settings: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginNews:
    """What one event says: the plugin's state after it and, if it published one, the version.

    Parameters
    ----------
    sequence
        The event's number in the plugin's order; an older state never replaces a newer one.
    """

    sequence: int
    plugin: PluginState
    version: VersionState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """What is kept of a published version; it never changes.

    Parameters
    ----------
    sort_key
        Its place in the order of versions (`contracts.versions.sort_key`).
    """

    plugin_id: str
    version: str
    sort_key: str
    is_prerelease: bool
    settings_schema: dict[str, Any] | None
    default_settings: dict[str, Any]
    minimum_platform_version: str
    sha256: str
    published_at: datetime


def version_facts(plugin_id: str, version: VersionState) -> VersionFacts:
    """Take from a published version what installs need."""
    return VersionFacts(
        plugin_id=plugin_id,
        version=version.version,
        sort_key=sort_key(version.version),
        is_prerelease=is_prerelease(version.version),
        settings_schema=version.manifest.get("settings_schema"),
        default_settings=default_settings(version.manifest),
        minimum_platform_version=version.minimum_platform_version,
        sha256=version.bundle.sha256,
        published_at=version.published_at,
    )
