"""Bodies of this API. `rendering` writes the answers in these shapes without going through the models."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.events.plugins import PluginStatus
from contracts.versions import MAX_VERSION_LENGTH

PluginId = Annotated[str, Field(min_length=1, max_length=64, description="The plugin's slug.", examples=["chart-js"])]
VersionText = Annotated[str, Field(min_length=1, max_length=MAX_VERSION_LENGTH, examples=["1.2.3"])]
SettingsObject = Annotated[
    dict[str, Any], Field(description="Fits the settings_schema of the version's manifest; replaces former settings.")
]


_LEFT_OUT: Any = None
"""A default instead of a union: faults of a union are located at its branches, which are no places in the body."""


class _Choices(BaseModel):
    """What an owner may choose; a member that is left out is left to the platform, null is not a choice."""

    model_config = ConfigDict(extra="forbid")

    version: VersionText = _LEFT_OUT
    enabled: StrictBool = _LEFT_OUT
    settings: SettingsObject = _LEFT_OUT


class InstallBody(_Choices):
    """An install asked for: the latest version, enabled, with the manifest's default settings unless said otherwise."""

    plugin_id: PluginId


class InstallPatchBody(_Choices):
    """What is to change; what is left out stays."""


class InstalledPlugin(BaseModel):
    """What the installed plugin says of itself now; checksum and address are those of the installed version."""

    name: str
    icon_url: str | None
    latest_version: str
    status: PluginStatus
    sha256: Annotated[str, Field(description="SHA-256 of the bundle in lower-case hex.")]
    bundle_url: Annotated[str, Field(description="Address of the installed version's bundle, on this host.")]
    minimum_platform_version: str


class Install(BaseModel):
    """One plugin that the caller has."""

    plugin_id: str
    version: str
    enabled: bool
    settings: dict[str, Any]
    installed_at: datetime
    updated_at: datetime
    plugin: InstalledPlugin
    update_available: Annotated[bool, Field(description="Whether a higher version can be switched to.")]


class InstallList(BaseModel):
    """Everything that the caller has, by plugin id."""

    items: list[Install]
