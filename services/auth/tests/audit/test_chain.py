"""What is found in an audit that somebody with every right has changed."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from auth.domain.audit import Action
from auth.storage.audit import append_audit, erase_personal_fields
from auth.storage.audit_chain import PAGE_ROWS, seal_entries

_ERASED = "address = NULL, before = NULL, after = NULL, detail = '{}', salt = NULL"
_FORGED = (
    "INSERT INTO audit_entries (action, position, sealed_at, personal_digest, previous_hash, hash)"
    " VALUES ('x', 99, now(), 'x', 'x', 'x')"
)


async def test_a_chain_is_right_at_every_length_and_grows_on(audit: Any) -> None:
    assert (await audit.verify(bytes(32))).holds_expected is True
    heads = []
    for number in (1, 2, PAGE_ROWS):
        await audit.append(number)
        await audit.seal()
        heads.append(await audit.head())
    found = await audit.verify(heads[0])
    assert (found.fault, found.head.position, found.head.hash) == (None, PAGE_ROWS + 3, heads[-1])
    assert found.holds_expected is True
    assert found.waiting.entries == 0


@pytest.mark.parametrize(
    "change",
    [
        "action = 'session.signed-out'",
        "occurred_at = occurred_at - interval '1 microsecond'",
        "outcome = 'refused'",
        "outcome = NULL",
        "user_id = gen_random_uuid()",
        "actor_kind = 'operator'",
        "actor_id = NULL",
        "target_kind = 'account'",
        "target_id = 'another'",
        "reason = 'because'",
        "trace_id = NULL",
        "sealed_at = sealed_at + interval '1 microsecond'",
        "hash = sha256('x')",
        "personal_digest = sha256('x')",
    ],
)
async def test_a_changed_entry_is_named(chained: Any, change: str) -> None:
    audit = await chained(5)
    audit.forge(f"UPDATE audit_entries SET {change} WHERE position = 3")
    fault = await audit.fault()
    assert (fault.position, fault.what) == (3, "was changed, or moved from another position")


@pytest.mark.parametrize(
    "change",
    ["address = '192.0.2.77'", "address = NULL", "before = NULL", "after = '{\"roles\": [\"user\"]}'",
     "detail = '{\"a\": 1}'", "salt = gen_random_uuid()"],
)  # fmt: skip
async def test_changed_personal_fields_are_named(chained: Any, change: str) -> None:
    audit = await chained(5)
    audit.forge(f"UPDATE audit_entries SET {change} WHERE position = 4")
    fault = await audit.fault()
    assert (fault.position, fault.what) == (4, "has changed personal fields")


@pytest.mark.parametrize("position", [1, 3])
async def test_a_removed_entry_is_missing(chained: Any, position: int) -> None:
    audit = await chained(5)
    audit.forge(f"DELETE FROM audit_entries WHERE position = {position}")
    fault = await audit.fault()
    assert (fault.position, fault.entry_id, fault.what) == (position, None, "is missing")


async def test_a_removed_entry_whose_gap_was_closed_is_found(chained: Any) -> None:
    audit = await chained(5)
    audit.forge(
        "DELETE FROM audit_entries WHERE position = 3",
        "UPDATE audit_entries SET position = -position WHERE position > 3",
        "UPDATE audit_entries SET position = -position - 1 WHERE position < 0",
    )
    fault = await audit.fault()
    assert (fault.position, fault.what) == (3, "does not follow the entry before it")


async def test_an_inserted_entry_is_found_also_when_its_own_seal_is_right(chained: Any) -> None:
    audit = await chained(5)
    audit.forge("UPDATE audit_entries SET position = position + 1000 WHERE position > 2")
    # Whoever knows the code seals the forged entry in its place, then puts the others behind it.
    audit.forge("CREATE TABLE aside AS SELECT * FROM audit_entries WHERE position > 1000",
                "DELETE FROM audit_entries WHERE position > 1000")  # fmt: skip
    await audit.append()
    assert await audit.seal() == 1
    audit.forge(
        "INSERT INTO audit_entries OVERRIDING SYSTEM VALUE SELECT * FROM aside",
        "DROP TABLE aside",
        "UPDATE audit_entries SET position = position - 999 WHERE position > 1000",
    )
    fault = await audit.fault()
    assert (fault.position, fault.what) == (4, "does not follow the entry before it")


async def test_reordered_entries_are_found(chained: Any) -> None:
    audit = await chained(5)
    audit.forge(
        "UPDATE audit_entries SET position = -4 WHERE position = 2",
        "UPDATE audit_entries SET position = 2 WHERE position = 4",
        "UPDATE audit_entries SET position = 4 WHERE position = -4",
    )
    assert (await audit.fault()).position == 2
    audit.forge(
        "UPDATE audit_entries SET previous_hash = (SELECT hash FROM audit_entries WHERE position = 1)"
        " WHERE position = 2"
    )
    assert (await audit.fault()).what == "was changed, or moved from another position"


async def test_an_entry_before_the_first_or_twice_in_its_place_is_found(chained: Any) -> None:
    audit = await chained(3)
    audit.forge("UPDATE audit_entries SET position = 0 WHERE position = 3")
    assert (await audit.fault()).what == "stands where another entry was before"


async def test_a_missing_end_is_found_by_a_hash_that_was_kept(chained: Any) -> None:
    audit = await chained(5)
    kept = await audit.head()
    audit.forge("DELETE FROM audit_entries WHERE position > 3")
    assert (await audit.verify()).fault is None
    found = await audit.verify(kept)
    assert (found.fault, found.holds_expected, found.head.position) == (None, False, 3)
    await audit.append(4)
    await audit.seal()
    assert (await audit.verify(kept)).holds_expected is False


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "UPDATE audit_entries SET address = NULL",
        "UPDATE audit_entries SET position = position + 10",
        "UPDATE audit_entries SET hash = sha256('x')",
        f"UPDATE audit_entries SET action = 'x', {_ERASED}",
        _FORGED,
    ],
)
async def test_the_service_itself_may_only_append_seal_and_erase(chained: Any, statement: str) -> None:
    audit = await chained(2)
    await audit.append()
    with pytest.raises(ProgrammingError, match="never changed"):
        async with audit.database.transaction() as connection:
            await connection.execute(text(statement))


async def test_an_entry_is_sealed_whole_or_not_at_all(audit: Any) -> None:
    await audit.append()
    with pytest.raises((ProgrammingError, IntegrityError)):
        async with audit.database.transaction() as connection:
            await connection.execute(text("UPDATE audit_entries SET position = 1, salt = gen_random_uuid()"))


async def test_many_writers_and_sealers_make_one_chain(audit: Any) -> None:
    async def write() -> None:
        await audit.append(25)

    async def seal() -> int:
        sealed = 0
        for _ in range(60):
            sealed += await audit.sealer.execute()
        return sealed

    done = await asyncio.gather(*(write() for _ in range(6)), *(seal() for _ in range(3)))
    sealed = sum(each or 0 for each in done) + await audit.seal()
    found = await audit.verify()
    assert (sealed, found.fault, found.head.position, found.waiting.entries) == (150, None, 150, 0)


async def test_an_entry_that_is_committed_late_is_sealed_then(audit: Any) -> None:
    async with audit.database.transaction() as connection:
        await append_audit(connection, Action.SIGNED_OUT, user_id=uuid4(), address="192.0.2.1")
        await audit.append(3)
        assert await audit.seal() == 3
    assert await audit.seal() == 1
    assert (await audit.verify()).head.position == 4
    assert audit.fetch("SELECT action FROM audit_entries WHERE position = 4") == [("session.signed-out",)]


async def test_what_is_personal_is_erased_and_the_chain_holds(audit: Any) -> None:
    ann, bob = await audit.append(3), await audit.append(2)
    await audit.append(user_id=ann)  # not sealed yet when the account is deleted
    kept = await audit.head()
    async with audit.database.transaction() as connection:
        await seal_entries(connection, limit=100)
        assert await erase_personal_fields(connection, ann, address="192.0.2.9") == 4
    await audit.seal()
    found = await audit.verify(kept)
    assert (found.fault, found.erased, found.head.position, found.holds_expected) == (None, 4, 7, True)
    left = audit.fetch(
        f"SELECT count(address), count(before), count(after), count(salt) FROM audit_entries WHERE user_id = '{ann}'"
        " AND action = 'session.signed-in'"
    )
    assert left == [(0, 0, 0, 0)]
    assert audit.fetch(f"SELECT count(address) FROM audit_entries WHERE user_id = '{bob}'") == [(2,)]


async def test_personal_fields_that_vanish_without_an_erasure_are_found(chained: Any) -> None:
    audit = await chained(3)
    audit.forge("UPDATE audit_entries SET salt = NULL WHERE position = 1")
    assert (await audit.fault()).what == "has personal fields that nothing confirms"
    async with audit.database.transaction() as connection:  # the service's own role can, but not unseen
        await connection.execute(text(f"UPDATE audit_entries SET {_ERASED}"))
    assert (await audit.fault()).what == "lost its personal fields, and no entry tells of an erasure"


async def test_entries_of_the_former_version_are_chained_as_they_are(audit: Any) -> None:
    async with audit.database.transaction() as connection:
        for action in ("session.signed-in", "session.sign-in-refused"):
            await connection.execute(
                text(
                    "INSERT INTO audit_entries (action, user_id, address, detail, trace_id)"
                    f" VALUES ('{action}', gen_random_uuid(), '192.0.2.1', '{{\"session\": \"0123\"}}', 'abc')"
                )
            )
    assert await audit.seal() == 2
    assert (await audit.verify()).fault is None
    audit.forge("UPDATE audit_entries SET detail = '{}' WHERE position = 2")
    assert (await audit.fault()).what == "has changed personal fields"


async def test_a_secret_has_no_way_into_before_and_after(audit: Any) -> None:
    with pytest.raises(ValueError, match="does not record password_hash") as refused:
        async with audit.database.transaction() as connection:
            await append_audit(
                connection, Action.PASSWORD_SET, user_id=uuid4(), address=None, after={"password_hash": "$argon2id$"}
            )
    assert "argon2id$" not in str(refused.value)
