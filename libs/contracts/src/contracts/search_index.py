"""The search index: its name, its analysis and fields, and how a plugin's document fills them.

search-indexer is the only writer and catalog the only reader; this module is what the two agree on. A change of
settings or mappings changes the index's name, so that a new index is filled beside the one that is being read.
"""

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events.documents import PluginDocument

DEFAULT_ALIAS = "plugins"
"""Name under which the current index is read."""

LONGEST_PREFIX = 20
"""Characters of a word that prefix search tells apart; longer beginnings are cut to this."""

_KEYWORD = {"type": "keyword", "ignore_above": 256}
_STORED_ONLY = {"type": "object", "enabled": False}


def _text(analyzer: str, *, search: str, norms: bool = True, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"type": "text", "analyzer": analyzer, "search_analyzer": search, "norms": norms, **more}


_PARTS = ["parts", "flatten_graph"]
_WORDS = ["lowercase", "asciifolding"]
_STEMS = [*_WORDS, "possessive", "stems"]

SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,  # 10,000 to 1M small documents: one shard answers in 1 to 4 ms, and scores are comparable
    "auto_expand_replicas": "0-1",
    "refresh_interval": "30s",  # the writer refreshes after each batch; this is for a writer that died in between
    "gc_deletes": "24h",  # so long a removal outranks older documents that arrive late; the default is one minute
    "analysis": {
        "filter": {
            "idle_words": {"type": "stop", "stopwords": "_english_"},
            "possessive": {"type": "stemmer", "language": "possessive_english"},
            "stems": {"type": "stemmer", "language": "light_english"},
            # "CodeMirror" is found as "codemirror" and "code mirror", "chart.js" as "chartjs" and "chart".
            "parts": {"type": "word_delimiter_graph", "preserve_original": True, "catenate_all": True,
                      "split_on_numerics": False, "stem_english_possessive": False},
            "beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": LONGEST_PREFIX},
            "cut": {"type": "truncate", "length": LONGEST_PREFIX},
        },
        "analyzer": {
            "indexed": {"tokenizer": "standard", "filter": [*_PARTS, *_STEMS]},
            "searched": {"tokenizer": "standard", "filter": _STEMS},
            # Words such as "to" and "for" decide nothing about a whole document; in names they count.
            "searched_anywhere": {"tokenizer": "standard", "filter": [*_WORDS, "idle_words", "possessive", "stems"]},
            "indexed_beginnings": {"tokenizer": "standard", "filter": [*_PARTS, *_WORDS, "beginnings"]},
            "searched_beginnings": {"tokenizer": "standard", "filter": [*_WORDS, "cut"]},
        },
    },
}  # fmt: skip

_PROSE = _text("indexed", search="searched")
_BEGINNINGS = _text("indexed_beginnings", search="searched_beginnings", norms=False, index_options="docs")

MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "_source": {"includes": ["summary"]},  # all that a listing answers with; the rest is only searched
    "properties": {
        "id": _KEYWORD,
        "exact": _KEYWORD,
        "compact": _KEYWORD,
        "name": {**_PROSE, "copy_to": "all", "fields": {"prefix": _BEGINNINGS}},
        "description": {**_PROSE, "copy_to": "all"},
        "author_name": {**_PROSE, "copy_to": "all"},
        "author_id": _KEYWORD,
        "category": {**_KEYWORD, "copy_to": "all"},
        "tags": {**_KEYWORD, "copy_to": "all", "fields": {"text": _PROSE, "prefix": _BEGINNINGS}},
        "all": _text("indexed", search="searched_anywhere"),
        "install_count": {"type": "long"},
        "popularity": {"type": "rank_feature"},
        "rating_average": {"type": "float"},
        "rating_count": {"type": "long"},
        "rating_rank": {"type": "long"},
        "published_micros": {"type": "long"},
        "updated_micros": {"type": "long"},
        "summary": _STORED_ONLY,
    },
}

RATING_PRIOR_COUNT = 5
RATING_PRIOR_STARS = 3.5
MICRO = 1_000_000

RATING_PRIOR_MICROS = int(RATING_PRIOR_COUNT * RATING_PRIOR_STARS * MICRO)
"""What the prior reviews add to the sum of stars, in millionths; see `rating_rank`."""

_SUMMARY_FIELDS = (
    "name", "description", "author", "category", "tags", "icon_url", "latest_version", "install_count",
    "published_at", "updated_at",
)  # fmt: skip

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_IGNORED = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\ufe00-\ufe0f]")
_INVISIBLE = frozenset({"Cf", "Cs"})
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def index_name(alias: str) -> str:
    """Name the index of this code's settings and mappings behind an alias: ``<alias>-<12 hex digits>``."""
    definition = json.dumps([SETTINGS, MAPPINGS], sort_keys=True).encode()
    return f"{alias}-{hashlib.sha256(definition).hexdigest()[:12]}"


def feed_name(index: str) -> str:
    """Name the alias under which an index is written.

    It comes and goes with the index, so that a write can demand it and never creates an index by accident.
    """
    return f"{index}-feed"


def index_definition(index: str) -> dict[str, Any]:
    """Give the body that creates the index, with its feed."""
    return {"settings": SETTINGS, "mappings": MAPPINGS, "aliases": {feed_name(index): {"is_write_index": True}}}


def searchable(text: str) -> str:
    """Bring text to the form in which it is indexed and searched.

    Compatibility forms (full-width, ligatures) become plain ones; combining marks that are left, invisible
    characters and bidi controls go; blanks become one.
    """
    if not text.isascii():
        composed = _IGNORED.sub("", unicodedata.normalize("NFKC", text))
        text = "".join(char for char in composed if unicodedata.category(char) not in _INVISIBLE)
    return _BLANKS.sub(" ", text).strip(" ")


def exact_form(text: str) -> str:
    """Give the form in which two names are the same name: without case, accents and repeated blanks."""
    folded = _IGNORED.sub("", unicodedata.normalize("NFKD", searchable(text).casefold()))
    return unicodedata.normalize("NFC", folded)


def compact_form(text: str) -> str:
    """Give only the letters and digits of `exact_form`, so that ``Chart.js`` and ``chart-js`` are alike."""
    return "".join(char for char in exact_form(text) if char.isalnum())


def rating_rank(*, stars: int, count: int) -> int:
    """Rank by rating: a Bayesian average in millionths of a star.

    Each plugin starts with five reviews of 3.5 stars, so that one review of five stars does not outrank a hundred of
    4.6 on average. Integer arithmetic, floored, so that SQL gives the same number. Source: E. Miller, "Ranking Items
    With Star Ratings" (2014); the weighted rating of IMDb's lists is the same formula.

    Parameters
    ----------
    stars
        Sum of all ratings.
    count
        How many there are.
    """
    return (RATING_PRIOR_MICROS + stars * MICRO) // (RATING_PRIOR_COUNT + count)


def summary_of(document: PluginDocument) -> dict[str, Any]:
    """Give the PluginSummary of the API as JSON values; listings answer with it as it stands."""
    content = document.model_dump(mode="json", include=set(_SUMMARY_FIELDS))
    return {
        "id": document.plugin_id,
        **content,
        "rating": {"average": document.rating_average, "count": document.rating_count},
    }


def search_document(document: PluginDocument) -> dict[str, Any]:
    """Give what the index holds of a plugin, as JSON values; its `_id` is the plugin's id."""
    names = (document.plugin_id, document.name)
    count = document.rating_count
    return {
        "id": document.plugin_id,
        "exact": sorted({exact_form(name) for name in names}),
        "compact": sorted({compact_form(name) for name in names} - {""}),
        "name": searchable(document.name),
        "description": searchable(document.description),
        "author_name": searchable(document.author.name),
        "author_id": str(document.author.id),
        "category": document.category,
        "tags": list(document.tags),
        "install_count": document.install_count,
        "popularity": max(0, document.install_count) + 1,  # a rank feature is above zero
        "rating_average": document.rating_average,
        "rating_count": count,
        "rating_rank": rating_rank(stars=round(document.rating_average * count), count=count),
        "published_micros": _micros(document.published_at),
        "updated_micros": _micros(document.updated_at),
        "summary": summary_of(document),
    }


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
