import json

import pytest

from contracts import search_index
from contracts.search_index import (
    compact_form,
    exact_form,
    feed_name,
    index_definition,
    index_name,
    rating_rank,
    searchable,
)


def test_the_index_is_named_after_its_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    before = index_name("plugins")
    assert before == index_name("plugins")
    assert before.startswith("plugins-")
    monkeypatch.setattr(search_index, "MAPPINGS", {**search_index.MAPPINGS, "dynamic": "false"})
    assert index_name("plugins") != before


def test_an_index_comes_with_the_alias_through_which_it_is_written() -> None:
    definition = json.loads(json.dumps(index_definition("plugins-1")))
    assert list(definition["aliases"]) == [feed_name("plugins-1")]
    assert definition["mappings"]["dynamic"] == "strict"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Chart \t\n js ", "Chart js"),
        ("ｃｈａｒｔ", "chart"),
        ("ch\u200bart\u202e", "chart"),
        ("c\u0337h\u0336art", "chart"),
        ("cafe\u0301", "café"),
        ("a\x00b", "a b"),
        ("\ud800", ""),
        ("\u0301\u200d\ufe0f", ""),
        ("图表", "图表"),
        ("🎉", "🎉"),
    ],
)
def test_text_is_searched_as_it_is_seen(text: str, expected: str) -> None:
    assert searchable(text) == expected


@pytest.mark.parametrize("name", ["Café Locale", "CAFE LOCALE", "cafe\u0301  locale", "ｃａｆé locale"])
def test_names_that_look_alike_are_the_same_name(name: str) -> None:
    assert exact_form(name) == "cafe locale"


@pytest.mark.parametrize("name", ["Chart.js", "chart-js", "CHART JS", "@chart/js", "chartjs"])
def test_separators_do_not_tell_names_apart(name: str) -> None:
    assert compact_form(name) == "chartjs"


def test_a_name_without_letters_has_no_compact_form() -> None:
    assert compact_form("🎉 --") == ""


def test_one_review_moves_the_rank_less_than_a_hundred() -> None:
    none, one, hundred = (rating_rank(stars=5 * count, count=count) for count in (0, 1, 100))
    assert none == 3_500_000
    assert none < one < rating_rank(stars=460, count=100) < hundred < 5_000_000


def test_bad_reviews_rank_below_none() -> None:
    assert rating_rank(stars=3, count=3) < rating_rank(stars=0, count=0)
