"""What answers say to caches (RFC 9111) and to which groups they belong (RFC 9875).

Clients always ask again, which costs them a 304; shared caches keep an answer for its time-to-live, since they hear of
changes by group.
"""

from dataclasses import dataclass

LIST_SECONDS = 300
DETAIL_SECONDS = 600
CATEGORIES_SECONDS = 1_800

STALE_WHILE_REVALIDATE_SECONDS = 30
STALE_IF_ERROR_SECONDS = 86_400

IMMUTABLE = "public, max-age=31536000, immutable"
"""For what never changes under its address: a year is for ever (RFC 8246)."""

PRIVATE = "private, no-cache"

PLUGINS_GROUP = "plugins"
CATEGORIES_GROUP = "categories"


def plugin_group(plugin_id: str) -> str:
    """Name the group of everything that is about one plugin."""
    return f"plugin:{plugin_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caching:
    """How long shared caches keep an answer, in seconds, and the groups whose invalidation ends that."""

    ttl_seconds: int
    groups: tuple[str, ...]

    def headers(self) -> dict[str, str]:
        """Write the headers."""
        return {
            "cache-control": (
                f"public, max-age=0, s-maxage={self.ttl_seconds},"
                f" stale-while-revalidate={STALE_WHILE_REVALIDATE_SECONDS}, stale-if-error={STALE_IF_ERROR_SECONDS}"
            ),
            "cache-groups": group_list(*self.groups),
        }


def group_list(*groups: str) -> str:
    """Write group names as the structured field that Cache-Groups and Cache-Group-Invalidation take."""
    return ", ".join(f'"{group}"' for group in groups)
