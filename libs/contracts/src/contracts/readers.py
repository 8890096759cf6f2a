"""What our own consumers read. Outside readers are not known by name, so they are spoken of in general.

Tests hold every declaration against the consumer it speaks of: the event types that it lets through, and the properties
that it touches while it applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.compatibility import Break
from contracts.released import Contracts
from contracts.topics import ACCOUNTS, INSTALLS, ORGANISATIONS, PLUGIN_DOCUMENTS, PLUGINS, REVIEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One consumer group of ours, at one of its topics.

    Parameters
    ----------
    group
        Consumer group without the deployment's prefix.
    topic
        Name without prefix.
    events
        Event type that it applies → the properties that it uses. It decodes the whole event all the same.
    """

    group: str
    topic: str
    events: Mapping[str, frozenset[str]]


def _paths(prefix: str, names: str) -> frozenset[str]:
    return frozenset(prefix + name for name in names.split())


_LISTED_PLUGIN = _paths(
    "plugin.",
    "plugin_id name description author.id author.name category tags icon_url homepage repository license status"
    " updated_at",
)
_LISTED_VERSION = _paths(
    "version.",
    "version manifest changelog minimum_platform_version bundle.object_key bundle.size_bytes bundle.sha256"
    " source_map.object_key source_map.size_bytes source_map.sha256 published_at",
)
_KNOWN_PLUGIN = _paths("plugin.", "plugin_id name icon_url status")
_KNOWN_VERSION = _paths("version.", "version minimum_platform_version manifest bundle.sha256 published_at")
_PLUGIN_EVENTS = ("plugin.registered.v1", "plugin.restored.v1", "plugin.suspended.v1", "plugin.updated.v1")
_PUBLISHED = "plugin-version.published.v1"
_DOCUMENT = _paths(
    "",
    "plugin_id name description author.id author.name category tags icon_url latest_version install_count"
    " rating_average rating_count published_at updated_at change",
)
_DOCUMENTS = {"plugin-document.v1": _DOCUMENT, "plugin-document.removed.v1": frozenset[str]()}
_STANDING = _paths("plugin.", "plugin_id status")

_ENDED = {"account.deleted.v1": frozenset({"user_id", "deleted_at"})}

READERS: tuple[Reader, ...] = (
    Reader(group="catalog.accounts", topic=ACCOUNTS.name, events=_ENDED),
    Reader(group="catalog.changes", topic=PLUGIN_DOCUMENTS.name, events=_DOCUMENTS),
    Reader(
        group="catalog.changes",
        topic=PLUGINS.name,
        events=dict.fromkeys(_PLUGIN_EVENTS, _STANDING)
        | {_PUBLISHED: _LISTED_PLUGIN | {"plugin.created_at"} | _LISTED_VERSION},
    ),
    Reader(
        group="catalog.changes",
        topic=REVIEWS.name,
        events={
            "review.posted.v1": frozenset({"plugin_id", "user_id", "rating", "text", "posted_at"}),
            "review.removed.v1": frozenset({"plugin_id", "user_id", "removed_at"}),
        },
    ),
    Reader(
        group="catalog.installs",
        topic=INSTALLS.name,
        events={
            "install.created.v1": frozenset({"plugin_id"}),
            "install.removed.v1": frozenset({"plugin_id"}),
        },
    ),
    Reader(
        group="catalog.plugins",
        topic=PLUGINS.name,
        events=dict.fromkeys(_PLUGIN_EVENTS, _LISTED_PLUGIN) | {_PUBLISHED: _LISTED_PLUGIN | _LISTED_VERSION},
    ),
    Reader(
        group="installs.accounts",
        topic=ACCOUNTS.name,
        events=_ENDED
        | {
            "account.anonymous-claimed.v1": frozenset({"user_id", "anonymous_id", "claimed_at"}),
            "account.anonymous-expired.v1": frozenset({"anonymous_id", "expired_at"}),
        },
    ),
    Reader(
        group="installs.plugins",
        topic=PLUGINS.name,
        events=dict.fromkeys(_PLUGIN_EVENTS, _KNOWN_PLUGIN) | {_PUBLISHED: _KNOWN_PLUGIN | _KNOWN_VERSION},
    ),
    Reader(group="publishing.accounts", topic=ACCOUNTS.name, events=_ENDED),
    Reader(
        group="publishing.organisations",
        topic=ORGANISATIONS.name,
        events={
            "organisation.renamed.v1": frozenset({"organisation_id", "name"}),
            "organisation.deleted.v1": frozenset({"organisation_id", "heir_id", "heir_name", "deleted_at"}),
        },
    ),
    Reader(group="search-indexer.documents", topic=PLUGIN_DOCUMENTS.name, events=_DOCUMENTS),
)
"""All of them, by group."""


def reader(group: str) -> Reader:
    """Give the declaration of a consumer group."""
    return next(each for each in READERS if each.group == group)


def explain(found: Break, released: Contracts) -> str:
    """Say in one sentence what breaks, and whom."""
    what = f"{found.subject}: {found.field}: {found.rule}" if found.field else f"{found.subject}: {found.rule}"
    detail = f" ({found.detail})" if found.detail else ""
    return f"{what}{detail}; breaks {', '.join([*_own(found, released), _outside(found)])}"


def _own(found: Break, released: Contracts) -> list[str]:
    if found.subject in released.topics:
        return [each.group for each in READERS if each.topic == found.subject]
    readers = [each for each in READERS if found.subject in each.events]
    if not found.field:
        return [each.group for each in readers]
    uses = {each.group: _is_used(found.field, each.events[found.subject]) for each in readers}
    return [f"{group} ({'uses it' if is_used else 'decodes the whole event'})" for group, is_used in uses.items()]


def _outside(found: Break) -> str:
    return f"any outside reader of {found.field} in {found.subject}" if found.field else "any outside reader of it"


def _is_used(field: str, used: frozenset[str]) -> bool:
    """Say whether the property, what it is part of, or a part of it is among those used."""
    steps = field.replace("[]", "").split(".")
    for path in used:
        others = path.split(".")
        shared = min(len(steps), len(others))
        if steps[:shared] == others[:shared]:
            return True
    return False
