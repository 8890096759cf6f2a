"""The question put to the search engine: plain words, no query language, a fixed list of fields."""

from typing import Any

from catalog.domain.browse import TOTAL_LIMIT, BrowseRequest, Position, Sort
from contracts.search_index import compact_form, exact_form

FACET_CATEGORIES = 50
FACET_TAGS = 30

ENGINE_TIMEOUT = "700ms"
"""The engine gives up a little before its client does."""

MOST_WORDS = "2<75%"
"""One or two words must all be found, of more three quarters: rare words are not drowned, and hits stay few."""

_FUZZY = {"fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 20}
"""One typo from three characters on, two from six; the first character is taken as right."""

_SORT_FIELDS = {Sort.POPULARITY: "install_count", Sort.RATING: "rating_rank", Sort.RECENT: "updated_micros"}

Clause = dict[str, Any]


def search_body(request: BrowseRequest, after: Position | None) -> Clause:
    """Give the body of a search whose hits are sorted by [key descending, id ascending], one more than the limit."""
    key = "_score" if request.sort is Sort.RELEVANCE else _SORT_FIELDS[request.sort]
    body: Clause = {
        "size": request.limit + 1,
        "query": _query(request),
        "sort": [{key: "desc"}, {"id": "asc"}],
        "track_total_hits": TOTAL_LIMIT,
        "timeout": ENGINE_TIMEOUT,
        "aggs": _facets(request),
    }
    if request.category is not None:
        body["post_filter"] = {"term": {"category": request.category}}
    if after is not None:
        body["search_after"] = [after.key, after.plugin_id]
    return body


def _query(request: BrowseRequest) -> Clause:
    filters: list[Clause] = [{"term": {"tags": tag}} for tag in request.tags]
    if request.text is None:
        return {"bool": {"filter": filters}} if filters else {"match_all": {}}
    filters.append(_matching(request.text))
    if request.sort is not Sort.RELEVANCE:
        return {"bool": {"filter": filters}}
    return {"bool": {"filter": filters, "should": _relevance(request.text)}}


def _matching(text: str) -> Clause:
    """Decide what is a hit, unscored: the words (with typos), their beginnings, or the very name."""
    words = {"query": text, "minimum_should_match": MOST_WORDS}
    return {
        "bool": {
            "should": [
                {"match": {"all": {**words, **_FUZZY}}},
                {"match_bool_prefix": {"all": words}},
                {"match": {"name.prefix": {"query": text, "operator": "and"}}},
                *_same_name(text),
            ],
            "minimum_should_match": 1,
        }
    }


def _relevance(text: str) -> list[Clause]:
    """Order the hits: the name itself, then names, tags, everything; among equals what more people use.

    Words weigh about 1 to 60 together, popularity about 0 to 6, so a clone with many installs does not outrank the
    original by its description. Each clause costs time for each hit, so there are few.
    """
    return [
        *({"constant_score": {"filter": clause, "boost": 500}} for clause in _same_name(text)),
        _match("name", text, 8, **_FUZZY),
        _match("name.prefix", text, 3, operator="and"),
        _match("tags.text", text, 3, **_FUZZY),
        _match("all", text, 3, operator="and"),
        {"rank_feature": {"field": "popularity", "log": {"scaling_factor": 1}, "boost": 0.4}},
    ]


def _same_name(text: str) -> list[Clause]:
    """Find the plugin of this id or name: to the letter, and by its letters and digits alone."""
    compact = compact_form(text)
    exact = {"term": {"exact": exact_form(text)}}
    return [exact, {"term": {"compact": compact}}] if compact else [exact]


def _match(field: str, text: str, boost: float, **more: Any) -> Clause:  # noqa: ANN401 - JSON values
    return {"match": {field: {"query": text, "boost": boost, **more}}}


def _facets(request: BrowseRequest) -> Clause:
    """Count categories as if none had been chosen, and tags among the hits."""
    chosen: Clause = {"term": {"category": request.category}} if request.category is not None else {"match_all": {}}
    return {
        "categories": _terms("category", FACET_CATEGORIES),
        "tags": {"filter": chosen, "aggs": {"values": _terms("tags", FACET_TAGS)}},
    }


def _terms(field: str, size: int) -> Clause:
    return {"terms": {"field": field, "size": size, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
