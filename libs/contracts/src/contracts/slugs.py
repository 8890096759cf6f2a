"""Plugin ids: the slug that people type and that stands in every address."""

import re

PLUGIN_ID_PATTERN = r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$"
"""Lower-case letters, digits and single hyphens; begins with a letter."""

PLUGIN_ID_MIN_LENGTH = 2
PLUGIN_ID_MAX_LENGTH = 64

RESERVED_PLUGIN_IDS = frozenset(
    {"admin", "api", "auth", "categories", "con", "developer", "health", "install", "latest", "me", "mine", "new",
     "nul", "null", "plugins", "review", "reviews", "search", "tags", "undefined", "user", "versions"}
)  # fmt: skip
"""Words that stand beside plugin ids in addresses, or that file systems and languages treat specially."""

_PLUGIN_ID = re.compile(PLUGIN_ID_PATTERN)


def is_plugin_id(text: str) -> bool:
    """Say whether the text may be the id of a plugin."""
    return (
        PLUGIN_ID_MIN_LENGTH <= len(text) <= PLUGIN_ID_MAX_LENGTH
        and _PLUGIN_ID.fullmatch(text) is not None
        and text not in RESERVED_PLUGIN_IDS
    )
