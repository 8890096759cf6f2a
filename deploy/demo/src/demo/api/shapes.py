"""What the gateway answers, as far as the demo reads it."""

from typing import Any, TypedDict


class User(TypedDict):
    """A signed-in person."""

    id: str
    email: str
    name: str
    roles: list[str]


class Me(TypedDict):
    """Who the session is."""

    kind: str
    user: User | None
    anonymous_id: str | None


class Rating(TypedDict):
    """Average from 1 to 5 (0 without reviews) and number of reviews."""

    average: float
    count: int


class PluginSummary(TypedDict):
    """A plugin in a list."""

    id: str
    name: str
    category: str
    tags: list[str]
    latest_version: str
    rating: Rating
    install_count: int


class Facet(TypedDict):
    """One value to filter by."""

    value: str
    count: int


class Facets(TypedDict):
    """What a result can be narrowed by."""

    categories: list[Facet]
    tags: list[Facet]


class PluginPage(TypedDict):
    """One page of a search."""

    items: list[PluginSummary]
    next_cursor: str | None
    total: int | None
    facets: Facets
    degraded: bool


class CategoryItem(TypedDict):
    """A category with the number of its plugins."""

    id: str
    name: str
    plugin_count: int


class VersionDetail(TypedDict):
    """One published version."""

    plugin_id: str
    version: str
    sha256: str
    file_size_bytes: int
    manifest: dict[str, Any]
    has_source_map: bool
    bundle_url: str
    source_map_url: str | None


class Review(TypedDict):
    """One user's opinion of one plugin."""

    rating: int
    text: str


class InstalledPlugin(TypedDict):
    """What an install says of its plugin."""

    name: str
    latest_version: str
    status: str
    sha256: str
    bundle_url: str


class Install(TypedDict):
    """One owner's install of one plugin."""

    plugin_id: str
    version: str
    enabled: bool
    settings: dict[str, Any]
    plugin: InstalledPlugin
    update_available: bool


class Decision(TypedDict):
    """What the reviewer said."""

    verdict: str
    reason_code: str | None
    text: str | None


class Submission(TypedDict):
    """One version on its way through scan and review."""

    id: str
    plugin_id: str
    version: str
    status: str
    verdicts: list[dict[str, Any]]
    decision: Decision | None
