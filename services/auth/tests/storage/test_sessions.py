from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from auth.domain.identity_signer import SignedIdentity
from auth.domain.sessions import Subject, find_session_hash, new_session_id
from auth.storage.sessions import SessionStore

_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_TTL_SECONDS = 600


def _new(revision: int = 1) -> tuple[str, Subject]:
    session_hash = find_session_hash(new_session_id())
    assert session_hash is not None
    return session_hash, Subject(id=uuid4(), kind="user", roles=("user",), name="Ann", revision=revision)


def _with_revision(subject: Subject, revision: int) -> Subject:
    return Subject(id=subject.id, kind="user", roles=("user",), name="Ann", revision=revision)


async def test_a_late_renewal_does_not_undo_a_change_of_rights(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, ttl_seconds=_TTL_SECONDS)
    session_hash, before = _new(revision=1)
    await store.create(session_hash, subject=before, identity=SignedIdentity("first", 1), now=_NOW)
    after = _with_revision(before, 2)
    await store.rewrite(session_hash, subject=after, identity=SignedIdentity("rewritten", 2))
    stands = await store.renew(session_hash, subject=before, identity=SignedIdentity("late", 3), now=_NOW)
    assert stands == SignedIdentity("rewritten", 2)
    assert await store.renew(session_hash, subject=after, identity=SignedIdentity("next", 4), now=_NOW) == (
        SignedIdentity("next", 4)
    )


async def test_neither_renewal_nor_rewriting_brings_an_ended_session_back(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, ttl_seconds=_TTL_SECONDS)
    session_hash, subject = _new()
    await store.create(session_hash, subject=subject, identity=SignedIdentity("first", 1), now=_NOW)
    session = await store.find(session_hash)
    assert session is not None
    await store.end(session)
    await store.end(session)
    assert await store.renew(session_hash, subject=subject, identity=SignedIdentity("late", 2), now=_NOW) is None
    await store.rewrite(session_hash, subject=subject, identity=SignedIdentity("late", 2))
    assert await store.find(session_hash) is None
    assert await store.hashes_of(subject.id) == []


async def test_all_sessions_of_a_subject_end_and_nobody_elses(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, ttl_seconds=_TTL_SECONDS)
    (first, subject), (second, _), (other, stranger) = _new(), _new(), _new()
    for session_hash, owner in ((first, subject), (second, subject), (other, stranger)):
        await store.create(session_hash, subject=owner, identity=SignedIdentity("token", 1), now=_NOW)
    assert set(await store.hashes_of(subject.id)) == {first, second}
    await store.end_all(subject.id)
    assert [await store.find(each) is None for each in (first, second, other)] == [True, True, False]
    await store.end_all(subject.id)  # of nobody


async def test_the_index_forgets_sessions_that_ended_by_themselves(redis_client: Any) -> None:
    store = SessionStore(redis=redis_client, ttl_seconds=_TTL_SECONDS)
    (old, subject), (new, _) = _new(), _new()
    await store.create(old, subject=subject, identity=SignedIdentity("token", 1), now=_NOW)
    later = datetime.fromtimestamp(_NOW.timestamp() + _TTL_SECONDS + 1, UTC)
    await store.create(new, subject=subject, identity=SignedIdentity("token", 1), now=later)
    assert await store.hashes_of(subject.id) == [new]
    assert await redis_client.ttl(f"sessions-of:{subject.id}") <= _TTL_SECONDS
