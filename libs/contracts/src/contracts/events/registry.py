"""Every event by its type, for decoding and for generating schemas."""

from contracts.envelope import EventData
from contracts.events.accounts import (
    AccountDeleted,
    AccountRegistered,
    AnonymousClaimed,
    AnonymousExpired,
    DeveloperRegistered,
)
from contracts.events.documents import PluginDocument, PluginDocumentRemoved
from contracts.events.installs import InstallCreated, InstallRemoved, InstallUpdated
from contracts.events.organisations import OrganisationDeleted, OrganisationRenamed
from contracts.events.plugins import (
    PluginRegistered,
    PluginRestored,
    PluginSuspended,
    PluginUpdated,
    PluginVersionPublished,
)
from contracts.events.reviews import ReviewPosted, ReviewRemoved

EVENTS: dict[str, type[EventData]] = {
    event.event_type: event
    for event in (
        AccountDeleted, AccountRegistered, AnonymousClaimed, AnonymousExpired, DeveloperRegistered,
        InstallCreated, InstallRemoved, InstallUpdated,
        OrganisationDeleted, OrganisationRenamed,
        PluginDocument, PluginDocumentRemoved,
        PluginRegistered, PluginRestored, PluginSuspended, PluginUpdated, PluginVersionPublished,
        ReviewPosted, ReviewRemoved,
    )
}  # fmt: skip
"""Mapping event type → model of its data; a consumer ignores types that it does not know."""
