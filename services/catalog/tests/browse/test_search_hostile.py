"""What strangers put into a search box must neither break it nor do more than words do."""

import httpx
import pytest

HOSTILE = {
    "star": "*",
    "question mark": "?",
    "leading wildcard": "*hart",
    "regular expression": "/(a+)+$/",
    "every field": "name:*",
    "another field": "author_id:a*",
    "exists": "_exists_:summary",
    "fuzziness": "chart~99",
    "boost": "chart^1000000",
    "operators": "AND OR NOT && || !",
    "unbalanced quote": '"chart',
    "unbalanced brackets": "((([[{{ chart",
    "backslash at the end": "chart\\",
    "only backslashes": "\\\\\\",
    "LIKE wildcards": "%_%",
    "JSON": '{"query":{"match_all":{}}}',
    "painless": "doc['install_count'].value > 0",
    "SQL": "'; DROP TABLE plugins; --",
    "named parameter": ":tags :compact",
    "template": "${7*7} {{7*7}} <%= 7 %>",
    "markup": "<script>alert(1)</script>",
    "stop words": "the of and to",
    "emoji": "🎉🔥",
    "family emoji": "👨‍👩‍👧‍👦",
    "zalgo": "c̷͓̈́h̶̗́a̵̛͜r̴̰̀t̸̗̍",
    "right to left": "خريطة תרשים",
    "bidi control": "\u202echart\u202c",
    "zero width": "ch\u200bart",
    "dotless i": "ıstanbul İstanbul",
    "tag characters": "chart\U000e0063\U000e0068",
    "full width": "ｃｈａｒｔ",
    "ligature": "ﬂatpickr",
    "line feeds": "chart\r\n\t\x0b canvas",
    "control characters": "\x01\x02chart",
    "short words": "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "hundred words": "ab " * 66,
    "fuzzy words": "chrat mrak laef edior clandr toosl " * 5,
    "one long word": "a" * 200,
    "digits": "9" * 200,
    "beyond the plane": "𝕮𝖍𝖆𝖗𝖙",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("sort", ["relevance", "popularity"])
async def test_the_search_engine_takes_any_text_for_words(client: httpx.AsyncClient, query: str, sort: str) -> None:
    answer = await client.get("/plugins", params={"q": query, "sort": sort})
    assert answer.status_code == 200, answer.text
    assert answer.json()["degraded"] is False, "the search engine did not understand the query"
    assert answer.json()["total"] <= 27


@pytest.mark.usefixtures("shelf_in_tables")
@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
async def test_the_database_takes_any_text_for_words(degraded: httpx.AsyncClient, query: str) -> None:
    answer = await degraded.get("/plugins", params={"q": query})
    assert answer.status_code == 200, answer.text
    assert answer.json()["degraded"] is True


@pytest.mark.parametrize("query", ["*", "?", "/.*/", "name:*", "_exists_:summary", "%", "_", "🎉"])
async def test_a_wildcard_is_no_wildcard(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get("/plugins", params={"q": query})).json()["items"] == []


@pytest.mark.parametrize("query", ["zalgo", "bidi control", "zero width", "full width", "beyond the plane"])
async def test_disguised_letters_are_found_as_plain_ones(client: httpx.AsyncClient, query: str) -> None:
    items = (await client.get("/plugins", params={"q": HOSTILE[query]})).json()["items"]
    assert [item["id"] for item in items][:1] == ["chart-js"]


async def test_composed_and_decomposed_accents_find_the_same(client: httpx.AsyncClient) -> None:
    for query in ("caf\u00e9", "cafe\u0301", "CAFE\u0301", "cafe"):
        items = (await client.get("/plugins", params={"q": query})).json()["items"]
        assert [item["id"] for item in items][:1] == ["cafe-locale"]


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"q": ""}, "q"),
        ({"q": "   "}, "q"),
        ({"q": "\u200b\u2060"}, "q"),
        ({"q": "\u0301\u0302\u0303"}, "q"),
        ({"q": "\U000e0063\U000e0068"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "word " * 10_000}, "q"),
        ({"sort": "installs"}, "sort"),
        ({"sort": "author_id"}, "sort"),
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "1000000"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"category": "chartz"}, "category"),
        ({"category": ""}, "category"),
        ({"category": "__proto__"}, "category"),
        ({"tag": [f"t{number}" for number in range(11)]}, "tag"),
        ({"tag": ["x" * 65]}, "tag"),
        ({"tag": [""]}, "tag"),
    ],
)
async def test_a_parameter_outside_its_form_is_named(
    client: httpx.AsyncClient, parameters: dict[str, str | list[str]], parameter: str
) -> None:
    answer = await client.get("/plugins", params=parameters)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == "request_invalid"
    assert {error["parameter"] for error in problem["errors"]} == {parameter}


async def test_an_unknown_sort_is_answered_with_the_known_ones(client: httpx.AsyncClient) -> None:
    detail = (await client.get("/plugins", params={"sort": "hotness"})).json()["errors"][0]["detail"]
    for known in ("relevance", "popularity", "rating", "recent"):
        assert known in detail


async def test_an_unknown_category_is_answered_with_the_known_ones(client: httpx.AsyncClient) -> None:
    detail = (await client.get("/plugins", params={"category": "gmaes"})).json()["errors"][0]["detail"]
    assert "visualization" in detail
    assert "maps" in detail


async def test_nul_in_a_query_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/plugins?q=chart%00")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_broken_utf_8_in_a_query_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/plugins?q=%ff%fe")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
