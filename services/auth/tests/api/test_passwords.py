import asyncio
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type
from sqlalchemy import text

_FORMER = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1, type=Type.ID)
_CREDENTIALS = "SELECT password_hash, changed_at FROM credentials WHERE user_id::text = :id"


async def _hashed_as_formerly(database: Any, user_id: str, password: str) -> str:
    password_hash = _FORMER.hash(password)
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE credentials SET password_hash = :password_hash WHERE user_id::text = :id"),
            {"id": user_id, "password_hash": password_hash},
        )
    return password_hash


async def test_signing_in_renews_a_hash_of_former_parameters_once(person: Any, rows: Any, database: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [first] = await rows(_CREDENTIALS, id=user_id)
    former = await _hashed_as_formerly(database, user_id, ann.password)
    assert (await ann.login(password="not the password")).status_code == 401
    assert (await rows(_CREDENTIALS, id=user_id))[0]["password_hash"] == former
    assert (await ann.login()).status_code == 200
    [renewed] = await rows(_CREDENTIALS, id=user_id)
    assert renewed["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert renewed["changed_at"] == first["changed_at"]
    assert (await ann.login()).status_code == 200
    assert await rows(_CREDENTIALS, id=user_id) == [renewed]


async def test_signing_in_many_times_at_once_with_such_a_hash_succeeds_each_time(person: Any, database: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    await _hashed_as_formerly(database, user_id, ann.password)
    others = [person() for _ in range(6)]
    answers = await asyncio.gather(*(each.login(email=ann.email, password=ann.password) for each in others))
    assert [answer.status_code for answer in answers] == [200] * 6


@pytest.mark.parametrize("password", ["password", "PassWord", "ｐａｓｓｗｏｒｄ", "12345678", "QWERTYUIOP", "iloveyou"])
async def test_a_password_that_everybody_tries_opens_no_account(person: Any, rows: Any, password: str) -> None:
    ann = person()
    answer = await ann.register(password=password)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/password", "password_common")
    assert ann.session is None
    assert await rows("SELECT 1 FROM users WHERE email_key = :key", key=ann.email) == []


async def test_who_has_a_common_password_from_before_still_signs_in(person: Any, database: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    await _hashed_as_formerly(database, user_id, "password")
    assert (await ann.login(password="password")).status_code == 200


@pytest.mark.parametrize("password", ["ﷺ" * 128, "👩‍🔬 " * 30, "x\u0007 unprintable", " " * 9 + "x", "ß" * 8])
async def test_long_and_strange_passwords_are_passwords(person: Any, password: str) -> None:
    ann = person()
    answer = await ann.register(password=password)
    assert answer.status_code == 201, answer.text
    assert (await ann.login(password=password)).status_code == 200
