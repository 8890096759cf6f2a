"""Why a write wrote nothing: asked only after it, so that the ordinary path stays one statement."""

from chassis.errors import RevisionMismatchError, UnauthenticatedError
from contracts.versions import InvalidVersionError, parse_version
from installs.domain.errors import (
    IdentityClaimedError,
    PluginNotFoundError,
    PluginSuspendedError,
    VersionInvalidError,
)
from installs.domain.installs import Install, Owner
from installs.domain.plugins import KnownPlugin
from installs.storage.owners import Standing

ATTEMPTS = 5
"""Turns of read and conditional write before the caller is asked to come back; each lost turn was another's success."""


def require_version_text(version: str | None) -> None:
    """Refuse a text that cannot be a version; None is fine."""
    if version is None:
        return
    try:
        parse_version(version)
    except InvalidVersionError as error:
        raise VersionInvalidError(str(error)) from error


def require_public(plugin: KnownPlugin | None, plugin_id: str) -> None:
    """Refuse a plugin that nobody may install."""
    if plugin is None or plugin.latest_version is None or plugin.status == "draft":
        raise PluginNotFoundError(f"there is no published plugin {plugin_id!r}")
    if plugin.status == "suspended":
        raise PluginSuspendedError(f"{plugin_id!r} is suspended and cannot be installed")


def require_free(owner: Owner, standing: Standing) -> None:
    """Refuse the writes of an anonymous owner that became an account, and of an owner that was erased."""
    if standing == "claimed":
        raise IdentityClaimedError(f"the anonymous owner {owner.id} has become an account")
    if standing == "erased":
        raise UnauthenticatedError(f"the owner {owner.id} does not exist any more")


def require_revision(install: Install, permitted: frozenset[int] | None) -> None:
    """Refuse a change of an install that the caller has not seen; None permits every revision."""
    if permitted is not None and install.revision not in permitted:
        raise RevisionMismatchError(f"the install of {install.plugin_id!r} is at revision {install.revision}")
