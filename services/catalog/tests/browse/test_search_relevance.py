"""What people type, and which plugin they mean."""

import httpx
import pytest


async def found(client: httpx.AsyncClient, **parameters: str) -> list[str]:
    answer = await client.get("/plugins", params={"limit": "100", **parameters})
    assert answer.status_code == 200, answer.text
    assert answer.json()["degraded"] is False
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("chart.js", "chart-js"),
        ("chart-js", "chart-js"),
        ("chartjs", "chart-js"),
        ("Chart JS", "chart-js"),
        ("CHART LITE", "chart-lite"),
        ("chart", "chart-js"),
        ("d3", "d3"),
        ("D3 scale", "d3-scale"),
        ("marked", "marked"),
        ("markdown-it", "markdown-it"),
        ("markdown it", "markdown-it"),
        ("markdownit", "markdown-it"),
        ("code mirror", "code-mirror"),
        ("codemirror", "code-mirror"),
        ("CodeMirror", "code-mirror"),
        ("monaco", "monaco-editor"),
        ("date fns", "date-fns"),
        ("day.js", "dayjs"),
        ("calendar", "full-calendar"),
        ("full calendar", "full-calendar"),
        ("rich text editor", "quill"),
        ("openlayers", "open-layers"),
        ("maps", "leaflet"),
        ("map tiles", "leaflet"),
        ("html to markdown", "turndown"),
        ("colour palette", "color-thief"),
        ("cafe locale", "cafe-locale"),
        ("café locale", "cafe-locale"),
        ("datepicker", "flatpickr"),
        ("tables", "tabulator"),
        ("geospatial analysis", "turf"),
        ("图表大师", "tuzhang"),
        ("图表", "tuzhang"),
        ("immutable date library", "dayjs"),
    ],
)
async def test_a_query_finds_what_is_meant_first(client: httpx.AsyncClient, query: str, first: str) -> None:
    assert (await found(client, q=query))[:1] == [first]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("chrat", "chart-js"),
        ("markdwon", "markdown-it"),
        ("leafet", "leaflet"),
        ("claendar", "full-calendar"),
        ("codemiror", "code-mirror"),
        ("lodahs", "lodash"),
        ("prosemiror", "prosemirror"),
        ("monacco editor", "monaco-editor"),
        ("tabulater", "tabulator"),
    ],
)
async def test_a_typo_still_finds_it_among_the_first(client: httpx.AsyncClient, typo: str, meant: str) -> None:
    assert meant in (await found(client, q=typo))[:3]


@pytest.mark.parametrize(
    ("beginning", "meant"),
    [
        ("mark", "marked"),
        ("spark", "sparkline"),
        ("cale", "full-calendar"),
        ("full cal", "full-calendar"),
        ("prose", "prosemirror"),
        ("interactive ma", "leaflet"),
        ("q", "quill"),
        ("turn", "turndown"),
    ],
)
async def test_the_beginning_of_a_word_finds_it(client: httpx.AsyncClient, beginning: str, meant: str) -> None:
    assert meant in (await found(client, q=beginning))[:3]


async def test_a_clone_with_more_installs_does_not_outrank_the_name_itself(client: httpx.AsyncClient) -> None:
    assert (await found(client, q="chart.js")).index("chart-js") < (await found(client, q="chart.js")).index(
        "better-charts"
    )


async def test_among_equal_words_more_installs_come_first(client: httpx.AsyncClient) -> None:
    charts = await found(client, q="chart", category="visualization")
    assert charts.index("chart-js") < charts.index("chart-lite")


async def test_the_author_can_be_searched(client: httpx.AsyncClient) -> None:
    assert set((await found(client, q="Haverbeke"))[:2]) == {"code-mirror", "prosemirror"}


async def test_words_that_nothing_has_find_nothing(client: httpx.AsyncClient) -> None:
    assert await found(client, q="xylophone quasar") == []


async def test_of_two_words_both_must_be_found(client: httpx.AsyncClient) -> None:
    assert await found(client, q="leaflet xylophone") == []


async def test_of_four_words_three_suffice(client: httpx.AsyncClient) -> None:
    assert (await found(client, q="interactive maps mobile xylophone"))[:1] == ["leaflet"]


async def test_plural_and_singular_find_the_same(client: httpx.AsyncClient) -> None:
    assert set(await found(client, q="parsers")) >= {"marked", "markdown-it"}
