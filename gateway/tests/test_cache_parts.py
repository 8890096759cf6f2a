from __future__ import annotations

import pytest

from gateway.cache.directives import parse_cache_control
from gateway.cache.entry import Entry, Freshness
from gateway.cache.groups import parse_groups
from gateway.cache.store import MAX_REMEMBERED_PURGES, CacheStore
from gateway.conditional import etag_matches


@pytest.mark.parametrize(
    ("field", "groups"),
    [
        (None, set()),
        (b"", set()),
        (b'"a"', {"a"}),
        (b'"a", "b"', {"a", "b"}),
        (b'  "a"\t,\t"b"  ', {"a", "b"}),
        (b'"a";p=1;q, "b"', {"a", "b"}),
        (rb'"with \"quotes\" and \\"', {'with "quotes" and \\'}),
        (b'"plugin:chart-kit"', {"plugin:chart-kit"}),
        (b"a", set()),
        (b'"a" "b"', set()),
        (b'"a",', set()),
        (b'"a', set()),
        (b'"\xe9"', set()),
        (b", ".join(b'"%d"' % number for number in range(33)), set()),
        (b'"%s"' % (b"x" * 129), set()),
    ],
)
def test_groups_are_a_structured_list_of_strings(field: bytes | None, groups: set[str]) -> None:
    assert parse_groups(field) == groups


@pytest.mark.parametrize(
    ("field", "fresh", "revalidate", "on_error"),
    [
        (b"max-age=60", 60, 0, 0),
        (b'Public, Max-Age="60", stale-while-revalidate=30,stale-if-error=5', 60, 30, 5),
        (b"max-age=60, s-maxage=10", 10, 0, 0),
        (b"max-age=99999999999999, stale-if-error=99999999999", 86_400, 0, 86_400),
        (b"max-age=-1", 0, 0, 0),
        (b"max-age=1.5", 0, 0, 0),
        (b"max-age", 0, 0, 0),
        (b"max-age=60, max-age=10", 60, 0, 0),
        (b"max-age=60, proxy-revalidate, stale-if-error=5", 60, 0, 0),
    ],
)
def test_lifetimes_are_read_from_cache_control(field: bytes, fresh: int, revalidate: int, on_error: int) -> None:
    directives = parse_cache_control(field)
    assert directives.storable
    assert directives.fresh_seconds == fresh
    assert directives.stale_while_revalidate_seconds == revalidate
    assert directives.stale_if_error_seconds == on_error


@pytest.mark.parametrize("field", [None, b"", b"public", b"private, max-age=1", b"no-store", b"no-cache, max-age=9"])
def test_what_has_no_lifetime_or_is_private_is_not_storable(field: bytes | None) -> None:
    assert not parse_cache_control(field).storable


@pytest.mark.parametrize(
    ("wanted", "etag", "matches"),
    [
        (b'"a"', b'"a"', True),
        (b'W/"a"', b'"a"', True),
        (b'"a"', b'W/"a"', True),
        (b'"b", "a"', b'"a"', True),
        (b'"b,a"', b'"a"', False),
        (b"a", b'"a"', False),
        (b"*", b'"a"', True),
        (b'"a"', None, False),
        (b"", b'"a"', False),
    ],
)
def test_entity_tags_are_compared_weakly(wanted: bytes, etag: bytes | None, matches: bool) -> None:
    assert etag_matches(wanted, etag) is matches


def entry(*groups: str, body: bytes = b"", cache_control: bytes = b"max-age=10", stored_at: float = 0.0) -> Entry:
    return Entry(
        status=200,
        headers=[],
        body=body,
        etag=None,
        groups=frozenset(groups),
        directives=parse_cache_control(cache_control),
        stored_at=stored_at,
    )


def test_an_entry_ages_from_fresh_to_expired() -> None:
    aging = entry(cache_control=b"max-age=10, stale-while-revalidate=5, stale-if-error=20")
    stages = [aging.freshness(now, longest_seconds=100) for now in (0, 9.9, 10, 14.9, 15, 29.9, 30)]
    assert stages == [
        Freshness.FRESH,
        Freshness.FRESH,
        Freshness.REVALIDATING,
        Freshness.REVALIDATING,
        Freshness.ON_ERROR,
        Freshness.ON_ERROR,
        Freshness.EXPIRED,
    ]
    assert aging.freshness(4, longest_seconds=3) is Freshness.REVALIDATING


def test_a_purge_drops_a_group_and_leaves_no_trace_of_it() -> None:
    store = CacheStore(max_bytes=1_000_000)
    assert store.put("1", entry("a", "b"), begun_at=0)
    assert store.put("2", entry("b"), begun_at=0)
    assert store.purge(["a", "unknown"]) == 1
    assert (store.find("1"), store.find("2") is not None) == (None, True)
    assert store.purge(["b"]) == 1
    assert (len(store), store.size_bytes, store._keys_of_group) == (0, 0, {})


def test_what_was_fetched_before_a_purge_is_not_kept() -> None:
    store = CacheStore(max_bytes=1_000_000)
    begun_at = store.purges
    store.purge(["a"])
    assert not store.put("1", entry("a"), begun_at=begun_at)
    assert store.put("2", entry("b"), begun_at=begun_at)
    assert store.put("1", entry("a"), begun_at=store.purges)
    store.clear()
    assert not store.put("3", entry(), begun_at=begun_at)


def test_forgotten_purges_are_no_way_around_them() -> None:
    store = CacheStore(max_bytes=1_000_000)
    store.purge(["first"])
    begun_at = store.purges - 1
    for number in range(MAX_REMEMBERED_PURGES):
        store.purge([str(number)])
    assert "first" not in store._purged_at
    assert not store.put("1", entry("first"), begun_at=begun_at)
    assert len(store._purged_at) == MAX_REMEMBERED_PURGES


def test_the_bytes_are_counted_when_an_entry_is_replaced_or_gives_way() -> None:
    store = CacheStore(max_bytes=10_000)
    for _ in range(3):
        store.put("same", entry(body=b"x" * 4_000), begun_at=0)
    assert len(store) == 1
    store.put("other", entry(body=b"x" * 4_000), begun_at=0)
    store.find("same")
    store.put("third", entry(body=b"x" * 4_000), begun_at=0)
    assert store.find("other") is None
    assert store.find("same") is not None
    assert store.size_bytes <= 10_000
    assert not store.put("huge", entry(body=b"x" * 20_000), begun_at=0)
