"""Reviews: one per user and plugin, written by signed-in users, with figures that are right at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from catalog.api.schemas import Review, ReviewPage
from testkit.identities import TokenSigner


class Reader:
    """A signed-in person in front of one plugin."""

    def __init__(self, client: httpx.AsyncClient, token_for: TokenSigner, plugin_id: str, **claims: Any) -> None:
        self._client = client
        self.id = claims.pop("subject", uuid4())
        self._headers = token_for.headers(subject=self.id, **claims)
        self.url = f"/api/v1/plugins/{plugin_id}/reviews"

    async def call(self, method: str, *, headers: dict[str, str] | None = None, **arguments: Any) -> httpx.Response:
        return await self._client.request(
            method, f"{self.url}/mine", headers={**self._headers, **(headers or {})}, **arguments
        )

    async def put(self, rating: Any = 5, text: Any = "Good.", **more: Any) -> httpx.Response:
        return await self.call("PUT", json={"rating": rating, "text": text}, **more)


@pytest.fixture
async def plugin(publisher: Any) -> Any:
    await publisher.send(version="1.0.0")
    return publisher


@pytest.fixture
def reader(client: httpx.AsyncClient, token_for: TokenSigner, plugin: Any) -> Reader:
    return Reader(client, token_for, plugin.plugin_id, name="Rita Reader")


@pytest.fixture
def readers(client: httpx.AsyncClient, token_for: TokenSigner, plugin: Any) -> Any:
    return lambda number: [Reader(client, token_for, plugin.plugin_id) for _ in range(number)]


async def listed(client: httpx.AsyncClient, reader: Reader, **query: Any) -> Any:
    answer = await client.get(reader.url, params=query)
    assert answer.status_code == 200
    ReviewPage.model_validate_json(answer.content, strict=True, extra="forbid")
    return answer.json()


async def rating_of(client: httpx.AsyncClient, plugin: Any) -> Any:
    return (await client.get(f"/api/v1/plugins/{plugin.plugin_id}")).json()["rating"]


async def test_a_first_review_is_created_and_a_second_replaces_it(
    client: httpx.AsyncClient, reader: Reader, plugin: Any
) -> None:
    created = await reader.put(2, "Meh.")
    assert created.status_code == 201
    Review.model_validate_json(created.content, strict=True, extra="forbid")
    assert created.json()["user"] == {"id": str(reader.id), "name": "Rita Reader"}
    assert created.headers["cache-group-invalidation"] == f'"plugin:{plugin.plugin_id}"'
    replaced = await reader.put(4, "Better now.")
    assert replaced.status_code == 200
    assert replaced.headers["etag"] != created.headers["etag"]
    assert replaced.json()["created_at"] == created.json()["created_at"]
    page = await listed(client, reader)
    assert [(item["rating"], item["text"]) for item in page["items"]] == [(4, "Better now.")]
    assert page["total"] == 1
    assert await rating_of(client, plugin) == {"average": 4.0, "count": 1}


async def test_a_review_is_read_by_its_author_alone_under_mine(reader: Reader, readers: Any) -> None:
    missing = await reader.call("GET")
    assert (missing.status_code, missing.json()["code"]) == (404, "review_not_found")
    created = await reader.put()
    mine = await reader.call("GET")
    assert (mine.status_code, mine.json()) == (200, created.json())
    assert mine.headers["etag"] == created.headers["etag"]
    assert mine.headers["cache-control"] == "private, no-cache"
    unchanged = await reader.call("GET", headers={"if-none-match": mine.headers["etag"]})
    assert unchanged.status_code == 304
    [other] = readers(1)
    assert (await other.call("GET")).json()["code"] == "review_not_found"


async def test_a_removed_review_no_longer_counts_and_may_be_written_again(
    client: httpx.AsyncClient, reader: Reader, plugin: Any
) -> None:
    first = await reader.put(1, "Bad.")
    removed = await reader.call("DELETE")
    assert (removed.status_code, removed.content) == (204, b"")
    assert removed.headers["cache-group-invalidation"] == f'"plugin:{plugin.plugin_id}"'
    assert await rating_of(client, plugin) == {"average": 0.0, "count": 0}
    again = await reader.call("DELETE")
    assert (again.status_code, again.json()["code"]) == (404, "review_not_found")
    second = await reader.put(1, "Bad.")
    assert second.status_code == 201
    assert second.headers["etag"] != first.headers["etag"], "a tag may not mean two reviews"


async def test_the_same_review_again_changes_nothing(reader: Reader, plugin: Any, tables: Any) -> None:
    first = await reader.put(3, "Fine.")
    second = await reader.put(3, "  Fine.\r\n")
    assert (second.status_code, second.json(), second.headers["etag"]) == (200, first.json(), first.headers["etag"])
    assert len(await tables.outbox(plugin.plugin_id, "reviews.v1")) == 1


async def test_every_change_is_told_in_order_without_gaps(reader: Reader, plugin: Any, tables: Any) -> None:
    await reader.put(3, "Fine.")
    await reader.put(4, "Fine.")
    await reader.call("DELETE")
    await reader.put(5, "Great.")
    events = await tables.outbox(plugin.plugin_id, "reviews.v1")
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert [event.type for event in events] == [
        "review.posted.v1", "review.posted.v1", "review.removed.v1", "review.posted.v1",
    ]  # fmt: skip
    assert events[1].payload["rating"] == 4
    assert {event.payload["user_id"] for event in events} == {str(reader.id)}


async def test_a_condition_on_another_state_refuses_the_write(reader: Reader) -> None:
    nothing_there = await reader.put(headers={"if-match": '"1"'})
    assert (nothing_there.status_code, nothing_there.json()["code"]) == (412, "revision_mismatch")
    first = await reader.put(1, "One.")
    second = await reader.put(2, "Two.", headers={"if-match": first.headers["etag"]})
    assert second.status_code == 200
    for method in ("PUT", "DELETE"):
        arguments = {"json": {"rating": 3, "text": "Three."}} if method == "PUT" else {}
        stale = await reader.call(method, headers={"if-match": first.headers["etag"]}, **arguments)
        assert (stale.status_code, stale.json()["code"]) == (412, "revision_mismatch")
    assert (await reader.call("GET")).json()["rating"] == 2
    assert (await reader.call("DELETE", headers={"if-match": second.headers["etag"]})).status_code == 204


async def test_two_writes_of_one_user_at_once_leave_one_review(
    client: httpx.AsyncClient, reader: Reader, plugin: Any
) -> None:
    answers = await asyncio.gather(*(reader.put(1 + number % 5, f"Text {number}.") for number in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    page = await listed(client, reader)
    assert (page["total"], len(page["items"])) == (1, 1)
    assert await rating_of(client, plugin) == {"average": float(page["items"][0]["rating"]), "count": 1}
    assert len({answer.headers["etag"] for answer in answers}) == 10


async def test_ratings_of_many_users_at_once_are_averaged_exactly(
    client: httpx.AsyncClient, readers: Any, plugin: Any, tables: Any
) -> None:
    crowd = readers(23)
    stars = [1 + (number * number) % 5 for number in range(23)]
    await asyncio.gather(*(each.put(rating, "Text.") for each, rating in zip(crowd, stars, strict=True)))
    await asyncio.gather(*(each.call("DELETE") for each in crowd[:3]))
    kept = stars[3:]
    expected = {"average": sum(kept) / 20, "count": 20}
    assert await rating_of(client, plugin) == expected
    page = await listed(client, crowd[0])
    histogram = {str(star): kept.count(star) for star in range(1, 6)}
    assert page["rating"] == {**expected, "histogram": histogram}
    [row] = await tables.run(
        "SELECT count(*) AS reviews, sum(rating) AS stars FROM reviews WHERE plugin_id = :id", id=plugin.plugin_id
    )
    stored = await tables.plugin(plugin.plugin_id)
    assert (stored.rating_count, stored.rating_sum) == (row.reviews, row.stars)


async def test_reviews_are_paged_newest_first_to_the_end_without_repeats(
    client: httpx.AsyncClient, readers: Any
) -> None:
    crowd = readers(17)
    for number, each in enumerate(crowd):
        assert (await each.put(text=f"Number {number}.")).status_code == 201
    await crowd[0].put(text="Edited.")  # an edit does not move it
    for limit in (1, 5, 17, 100):
        url, texts = f"{crowd[0].url}?limit={limit}", []
        while url:
            answer = await client.get(url)
            texts += [item["text"] for item in answer.json()["items"]]
            url = answer.links["next"]["url"] if "next" in answer.links else ""
        assert texts == [f"Number {number}." for number in reversed(range(1, 17))] + ["Edited."]


async def test_reviews_of_one_instant_are_paged_without_repeats(
    client: httpx.AsyncClient, reader: Reader, plugin: Any, tables: Any
) -> None:
    await tables.run(
        "INSERT INTO reviews SELECT :id, gen_random_uuid(), 'N', 3, 'T', n, at, at"
        " FROM generate_series(1, 25) AS n, (SELECT now() AS at) AS moment",
        id=plugin.plugin_id,
    )
    seen: list[str] = []
    cursor = None
    while cursor != "":
        page = await listed(client, reader, limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [item["user"]["id"] for item in page["items"]]
        cursor = page["next_cursor"] or ""
    assert len(seen) == len(set(seen)) == 25


async def test_the_author_cannot_review_their_own_plugin(
    client: httpx.AsyncClient, token_for: TokenSigner, plugin: Any, tables: Any
) -> None:
    author = Reader(client, token_for, plugin.plugin_id, subject=plugin.author_id)
    answer = await author.put()
    assert (answer.status_code, answer.json()["code"]) == (403, "own_plugin")
    assert (await tables.plugin(plugin.plugin_id)).rating_count == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_visitors_anonymous_owners_and_forged_tokens_are_asked_to_sign_in(
    client: httpx.AsyncClient, token_for: TokenSigner, plugin: Any, method: str
) -> None:
    url = f"/api/v1/plugins/{plugin.plugin_id}/reviews/mine"
    body: dict[str, Any] = {"json": {"rating": 5, "text": "Good."}} if method == "PUT" else {}
    genuine = token_for()
    for headers in (
        {},
        token_for.headers(kind="anonymous"),
        token_for.headers(issued_seconds_ago=3600),
        {"x-identity": genuine[:-8] + "AAAAAAAA"},
        {"x-identity": "nonsense"},
    ):
        answer = await client.request(method, url, headers=headers, **body)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rating": 0, "text": "T"}, "/rating"),
        ({"rating": 6, "text": "T"}, "/rating"),
        ({"rating": 4.5, "text": "T"}, "/rating"),
        ({"rating": "5", "text": "T"}, "/rating"),
        ({"rating": True, "text": "T"}, "/rating"),
        ({"rating": None, "text": "T"}, "/rating"),
        ({"text": "T"}, "/rating"),
        ({"rating": 5}, "/text"),
        ({"rating": 5, "text": None}, "/text"),
        ({"rating": 5, "text": ""}, "/text"),
        ({"rating": 5, "text": " \n\t "}, "/text"),
        ({"rating": 5, "text": "\u200b\u200d"}, "/text"),
        ({"rating": 5, "text": "bell \x07"}, "/text"),
        ({"rating": 5, "text": "escape \x1b[31m"}, "/text"),
        ({"rating": 5, "text": "c1 \x85"}, "/text"),
        ({"rating": 5, "text": "txt.\u202eexe"}, "/text"),
        ({"rating": 5, "text": "a" * 5001}, "/text"),
        ({"rating": 5, "text": "T", "user_id": str(UUID(int=0))}, "/user_id"),
    ],
)
async def test_a_review_of_another_form_is_refused_with_the_place_of_the_fault(
    reader: Reader, body: dict[str, Any], pointer: str
) -> None:
    answer = await reader.call("PUT", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_all_faults_of_a_review_are_told_at_once(reader: Reader) -> None:
    answer = await reader.call("PUT", json={"rating": 9, "text": "", "stars": 1})
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/rating", "/text", "/stars"}


@pytest.mark.parametrize("content", [b"", b"{", b"[1", b"nonsense", b'{"rating":5,"text":"a\\ud800"}', b"\xff\xfe{}"])
async def test_a_body_that_is_not_json_is_refused(reader: Reader, content: bytes) -> None:
    answer = await reader.call("PUT", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"body_not_json", "request_invalid"}


@pytest.mark.parametrize(
    "text", ["<b>bold</b> & 'quotes' \"", "日本語 😀 👩‍👩‍👧", "a\nb\tc", "'; DROP TABLE reviews; --", "a" * 5000]
)
async def test_plain_text_of_any_language_is_kept_as_it_is(reader: Reader, text: str) -> None:
    assert (await reader.put(text=text)).status_code == 201
    assert (await reader.call("GET")).json()["text"] == text


async def test_reviews_of_an_unknown_or_suspended_plugin_are_refused(
    client: httpx.AsyncClient, token_for: TokenSigner, reader: Reader, plugin: Any
) -> None:
    await plugin.send(status="suspended")
    unknown = Reader(client, token_for, "no-such-plugin")
    for who, status, code in ((reader, 403, "plugin_suspended"), (unknown, 404, "plugin_not_found")):
        for method in ("GET", "PUT", "DELETE"):
            body: dict[str, Any] = {"json": {"rating": 5, "text": "Good."}} if method == "PUT" else {}
            answer = await who.call(method, **body)
            assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_list_of_reviews_is_public_and_conditional(client: httpx.AsyncClient, reader: Reader) -> None:
    await reader.put()
    answer = await client.get(reader.url)
    assert "s-maxage=600" in answer.headers["cache-control"]
    again = await client.get(reader.url, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("position", [["x", "y"], ["2026-11-01T00:00:00", str(UUID(int=1))], [None, None], [1, 2]])
async def test_a_cursor_with_a_right_digest_and_a_wrong_position_is_refused(
    client: httpx.AsyncClient, reader: Reader, plugin: Any, position: list[Any]
) -> None:
    from chassis.cursors import encode_cursor

    cursor = encode_cursor(f"reviews:{plugin.plugin_id}", position)
    answer = await client.get(reader.url, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-01T00:00:00+00:00"])
async def test_a_cursor_at_the_edge_of_time_is_answered(
    client: httpx.AsyncClient, reader: Reader, plugin: Any, at: str
) -> None:
    from chassis.cursors import encode_cursor

    cursor = encode_cursor(f"reviews:{plugin.plugin_id}", [at, str(UUID(int=1))])
    assert (await client.get(reader.url, params={"cursor": cursor})).status_code in {200, 400}
