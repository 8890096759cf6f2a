"""Shapes of the listing; they document answers that are put together from ready bytes."""

from pydantic import BaseModel, Field

from catalog.api.schemas import PluginSummary


class FacetCount(BaseModel):
    """How many plugins a filter by this value would leave."""

    value: str
    count: int = Field(ge=1)


class Facets(BaseModel):
    """Categories ignore the chosen category, so that another can be chosen; tags (the 30 most frequent) do not."""

    categories: list[FacetCount]
    tags: list[FacetCount]


class PluginListing(BaseModel):
    """One page of plugins."""

    items: list[PluginSummary]
    next_cursor: str | None = Field(description="Send it as 'cursor' for the next page; null on the last")
    total: int = Field(ge=0, le=10_000, description="Plugins that fit; 10000 stands for that many or more")
    facets: Facets
    degraded: bool = Field(
        description="True while the search engine is away: the database answers, with simpler ranking and no typos"
    )
