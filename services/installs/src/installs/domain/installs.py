"""An install, and how it may change."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events.installs import OwnerKind
from contracts.events.plugins import PluginStatus
from installs.domain.errors import PluginSuspendedError
from installs.domain.plugin_settings import check_settings, kept_settings, same_json
from installs.domain.plugins import KnownVersion

MAX_INSTALLS = 1_000
"""Installs of one owner. A list is one answer without pages, and no client shows more; a claim may exceed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose installs: a user's or an anonymous visitor's."""

    id: UUID
    kind: OwnerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """One plugin of one owner, with what the plugin says of itself now.

    Parameters
    ----------
    settings_json
        A JSON object as text: the list hands it on without parsing.
    revision
        Number of the install's last event.
    plugin_name, icon_url, latest_version, status
        Of the plugin.
    sha256
        Of the installed version's bundle, in lower-case hex.
    minimum_platform_version
        Of the installed version.
    is_outdated
        Whether the latest version is above the installed one.
    """

    plugin_id: str
    version: str
    enabled: bool
    settings_json: str
    revision: int
    installed_at: datetime
    updated_at: datetime
    plugin_name: str
    icon_url: str | None
    latest_version: str
    status: PluginStatus
    sha256: str
    minimum_platform_version: str
    is_outdated: bool

    @property
    def settings(self) -> dict[str, Any]:
        """The settings, parsed."""
        parsed: dict[str, Any] = json.loads(self.settings_json)
        return parsed

    @property
    def update_available(self) -> bool:
        """Whether a PATCH to the latest version would be accepted and raise the version."""
        return self.is_outdated and self.status == "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallRequest:
    """What somebody asks for; None leaves the choice to the platform.

    Parameters
    ----------
    version
        The latest one where None.
    settings
        The manifest's defaults where None.
    enabled
        True where None.
    """

    plugin_id: str
    version: str | None = None
    settings: dict[str, Any] | None = None
    enabled: bool | None = None

    def agrees_with(self, install: Install) -> bool:
        """Say whether the install is what is asked for."""
        return (
            self.version in {None, install.version}
            and self.enabled in {None, install.enabled}
            and (self.settings is None or same_json(self.settings, install.settings))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPatch:
    """What is to change; None leaves it. Settings replace the former ones as a whole."""

    enabled: bool | None = None
    settings: dict[str, Any] | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallState:
    """What an owner may choose about an install."""

    version: str
    enabled: bool
    settings: dict[str, Any]

    def is_that_of(self, install: Install) -> bool:
        """Say whether the install is in this state already."""
        return (
            self.version == install.version
            and self.enabled == install.enabled
            and same_json(self.settings, install.settings)
        )


def patched_state(
    install: Install, patch: InstallPatch, *, installed: KnownVersion, target: KnownVersion
) -> InstallState:
    """Work out the state after a patch.

    Parameters
    ----------
    install
        As it is.
    patch
        What is asked.
    installed, target
        The installed version, and the one that the patch asks for or else the same.

    Raises
    ------
    PluginSuspendedError
        The patch enables a suspended plugin or changes its version.
    SettingsInvalidError
        The new settings, or the kept ones, do not fit the target version.
    """
    state = InstallState(version=install.version, enabled=install.enabled, settings=install.settings)
    is_switch = target.version != install.version
    is_enabling = patch.enabled is True and not install.enabled
    if install.status != "published" and (is_switch or is_enabling):
        raise PluginSuspendedError(f"{install.plugin_id!r} is suspended: it can be neither enabled nor updated")
    settings = state.settings
    if patch.settings is not None:
        check_settings(target, patch.settings)
        settings = patch.settings
    elif is_switch:
        settings = kept_settings(target, state.settings, former=installed)
    enabled = state.enabled if patch.enabled is None else patch.enabled
    return InstallState(version=target.version, enabled=enabled, settings=settings)
