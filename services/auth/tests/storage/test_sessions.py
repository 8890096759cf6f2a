from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from auth.domain.devices import Origin
from auth.domain.identity_signer import SignedIdentity
from auth.domain.sessions import SessionLimits, Subject, find_session_hash, new_session_id
from auth.storage.sessions import SessionStore, Standing

_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_TTL_SECONDS = 600
_LIMITS = SessionLimits(ttl_seconds=_TTL_SECONDS, max_life_seconds=1_000, max_sessions=3)
_ORIGIN = Origin("Firefox on Linux", "203.0.113.0/24")


def _new(revision: int = 1) -> tuple[str, Subject]:
    session_hash = find_session_hash(new_session_id())
    assert session_hash is not None
    return session_hash, Subject(id=uuid4(), kind="user", roles=("user",), name="Ann", revision=revision)


def _with_revision(subject: Subject, revision: int) -> Subject:
    return Subject(id=subject.id, kind="user", roles=("user",), name="Ann", revision=revision)


async def test_a_late_renewal_does_not_undo_a_change_of_rights(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    session_hash, before = _new(revision=1)
    await store.create(session_hash, subject=before, identity=SignedIdentity("first", 1), now=_NOW, origin=_ORIGIN)
    after = _with_revision(before, 2)
    await store.rewrite(session_hash, subject=after, identity=SignedIdentity("rewritten", 2))
    stands = await store.renew(session_hash, subject=before, identity=SignedIdentity("late", 3), now=_NOW)
    assert stands is not None
    assert stands.identity == SignedIdentity("rewritten", 2)
    stands = await store.renew(session_hash, subject=after, identity=SignedIdentity("next", 4), now=_NOW)
    assert stands == Standing(SignedIdentity("next", 4), _TTL_SECONDS)


async def test_neither_renewal_nor_rewriting_brings_an_ended_session_back(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    session_hash, subject = _new()
    await store.create(session_hash, subject=subject, identity=SignedIdentity("first", 1), now=_NOW, origin=_ORIGIN)
    session = await store.find(session_hash)
    assert session is not None
    await store.end(session)
    await store.end(session)
    assert await store.renew(session_hash, subject=subject, identity=SignedIdentity("late", 2), now=_NOW) is None
    await store.rewrite(session_hash, subject=subject, identity=SignedIdentity("late", 2))
    assert await store.find(session_hash) is None
    assert await store.hashes_of(subject.id) == []


async def test_all_sessions_of_a_subject_end_and_nobody_elses(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    (first, subject), (second, _), (other, stranger) = _new(), _new(), _new()
    for session_hash, owner in ((first, subject), (second, subject), (other, stranger)):
        await store.create(session_hash, subject=owner, identity=SignedIdentity("token", 1), now=_NOW, origin=_ORIGIN)
    assert set(await store.hashes_of(subject.id)) == {first, second}
    await store.end_all(subject.id)
    assert [await store.find(each) is None for each in (first, second, other)] == [True, True, False]
    await store.end_all(subject.id)  # of nobody


async def test_the_index_forgets_sessions_that_ended_by_themselves(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    (old, subject), (new, _) = _new(), _new()
    await store.create(old, subject=subject, identity=SignedIdentity("token", 1), now=_NOW, origin=_ORIGIN)
    later = datetime.fromtimestamp(_NOW.timestamp() + _TTL_SECONDS + 1, UTC)
    await store.create(new, subject=subject, identity=SignedIdentity("token", 1), now=later, origin=_ORIGIN)
    assert await store.hashes_of(subject.id) == [new]
    assert await redis_client.ttl(f"sessions-of:{subject.id}") <= _TTL_SECONDS


def _at(seconds: int) -> datetime:
    return _NOW + timedelta(seconds=seconds)


async def test_use_prolongs_a_session_up_to_its_longest_life(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    session_hash, subject = _new()
    await store.create(session_hash, subject=subject, identity=SignedIdentity("token", 1), now=_NOW, origin=_ORIGIN)
    lives = []
    for second in (300, 700, 999, 1_000):
        identity = SignedIdentity("next", 2)
        stands = await store.renew(session_hash, subject=subject, identity=identity, now=_at(second))
        lives.append(None if stands is None else stands.lives_seconds)
    assert lives == [600, 300, 1, None]
    assert await store.find(session_hash) is None
    assert await store.hashes_of(subject.id) == []


async def test_a_visitor_keeps_its_session_as_long_as_it_uses_it(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    session_hash, _ = _new()
    subject = Subject(id=uuid4(), kind="anonymous")
    identity = SignedIdentity("token", 1)
    await store.create(session_hash, subject=subject, identity=identity, now=_NOW, origin=_ORIGIN)
    stands = await store.renew(session_hash, subject=subject, identity=identity, now=_at(5_000))
    assert stands == Standing(identity, _TTL_SECONDS)


async def test_a_session_of_before_there_was_a_longest_life_has_it_from_its_next_renewal(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    session_hash, subject = _new()
    identity = SignedIdentity("token", 1)
    await store.create(session_hash, subject=subject, identity=identity, now=_NOW, origin=_ORIGIN)
    key = f"session:{session_hash}"
    await redis_client.hdel(key, "ends_at", "opened_at", "seen_at", "device", "network")
    [listed] = await store.list_of(subject.id)
    assert (listed.opened_at, listed.origin) == (None, Origin())
    assert await store.renew(session_hash, subject=subject, identity=identity, now=_at(500)) is not None
    assert await redis_client.hget(key, "ends_at") == str(int(_at(1_500).timestamp()))


async def test_where_there_are_too_many_the_one_unused_for_longest_ends(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    _, subject = _new()
    identity = SignedIdentity("token", 1)
    hashes = [_new()[0] for _ in range(5)]
    for second, session_hash in enumerate(hashes[:3]):
        await store.create(session_hash, subject=subject, identity=identity, now=_at(second), origin=_ORIGIN)
    await store.renew(hashes[0], subject=subject, identity=identity, now=_at(10))
    for second, session_hash in enumerate(hashes[3:], 20):
        await store.create(session_hash, subject=subject, identity=identity, now=_at(second), origin=_ORIGIN)
    assert [listed.session_hash for listed in await store.list_of(subject.id)] == [hashes[4], hashes[3], hashes[0]]
    assert [await store.find(each) is None for each in hashes] == [False, True, True, False, False]


async def test_all_but_one_end_and_only_those_of_the_subject(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, limits=_LIMITS)
    (first, subject), (second, _), (other, stranger) = _new(), _new(), _new()
    for session_hash, owner in ((first, subject), (second, subject), (other, stranger)):
        identity = SignedIdentity("token", 1)
        await store.create(session_hash, subject=owner, identity=identity, now=_NOW, origin=_ORIGIN)
    assert await store.end_all(subject.id, but=first) == [second]
    assert await store.end_all(subject.id, but=first) == []
    assert [await store.find(each) is None for each in (first, second, other)] == [False, True, False]
