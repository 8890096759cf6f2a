"""Facts about installs; key: owner id, colon, plugin id."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts.envelope import EventData
from contracts.events.fields import PluginId, VersionNumber
from contracts.topics import INSTALLS

OwnerKind = Literal["user", "anonymous"]


class InstallChanged(EventData):
    """Base of the facts about one install: whose, of what, and its state after the event."""

    topic: ClassVar[str] = INSTALLS.name

    owner_id: UUID
    owner_kind: OwnerKind
    plugin_id: PluginId
    version: VersionNumber
    enabled: bool
    changed_at: datetime


class InstallCreated(InstallChanged):
    """The owner has the plugin from now on; counts one up."""

    event_type: ClassVar[str] = "install.created.v1"


class InstallUpdated(InstallChanged):
    """Version, settings or the switch changed; counts stay. Settings are private and not part of the event."""

    event_type: ClassVar[str] = "install.updated.v1"


class InstallRemoved(InstallChanged):
    """The owner has the plugin no longer; counts one down."""

    event_type: ClassVar[str] = "install.removed.v1"
