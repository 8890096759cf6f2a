"""REGISTRATION=confirmed: nobody learns from an answer whether an address has an account."""

import asyncio
from typing import Any

import httpx

from .conftest import code_of


async def _confirm(person: Any, code: str, password: str | None = None) -> httpx.Response:
    body = {"token": code, "password": password or person.password}
    answer: httpx.Response = await person.call("POST", "/auth/register/confirm", body)
    return answer


async def test_a_taken_address_and_a_free_one_get_the_same_answer(
    person: Any, confirming_client: httpx.AsyncClient, mails_to: Any
) -> None:
    ann, stranger, newcomer = person(), person(), person()
    await ann.register()
    await mails_to(ann.email)
    stranger.client = newcomer.client = confirming_client
    stranger.email = ann.email.upper()
    taken, free = await stranger.register(), await newcomer.register()
    assert taken.status_code == free.status_code == 202
    assert taken.content == free.content
    assert dict(taken.headers) == dict(free.headers)
    assert stranger.session is newcomer.session is None
    assert (await mails_to(ann.email))[-1]["subject"] == "You have an account already"
    [mail] = await mails_to(newcomer.email)
    assert mail["subject"] == "Confirm your new account"


async def test_the_code_and_the_password_open_the_account_and_sign_in(
    person: Any, confirming_client: httpx.AsyncClient, gateway: Any, mails_to: Any, events_of: Any
) -> None:
    minted = (await gateway.mint()).json()
    ann = person()
    ann.client = confirming_client
    await ann.register()
    assert (await ann.login()).status_code == 401  # there is no account yet
    [mail] = await mails_to(ann.email)
    ann.session = minted["session"]
    wrong = await _confirm(ann, code_of(mail), "another password")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "credentials_invalid")
    answer = await _confirm(ann, code_of(mail))
    assert answer.status_code == 201
    assert answer.json()["user"]["email_verified"] is True
    assert ann.session == answer.json()["session"]["token"] != minted["session"]
    assert [kind for kind, _, _ in await events_of(answer.json()["user"]["id"])] == [
        "account.registered.v1",
        "account.anonymous-claimed.v1",
    ]
    assert (await _confirm(ann, code_of(mail))).json()["code"] == "mail_token_invalid"
    assert (await ann.login()).status_code == 200


async def test_a_stranger_who_asks_first_gets_no_account_with_a_password_of_theirs(
    person: Any, confirming_client: httpx.AsyncClient, mails_to: Any, rows: Any
) -> None:
    mallory, ann = person(), person()
    mallory.client = ann.client = confirming_client
    mallory.email = ann.email
    await mallory.register()
    [first] = await mails_to(ann.email)
    await ann.register()
    [_, second] = await mails_to(ann.email)
    assert (await _confirm(ann, code_of(first))).status_code == 401
    assert (await _confirm(ann, code_of(second))).status_code == 201
    assert (await _confirm(mallory, code_of(first))).status_code == 400
    assert (await mallory.login()).status_code == 401
    assert (await ann.login()).status_code == 200
    assert await rows("SELECT 1 FROM registrations WHERE email_key = :key", key=ann.email) == []


async def test_of_confirmations_at_once_one_opens_the_account(
    person: Any, confirming_client: httpx.AsyncClient, mails_to: Any, rows: Any
) -> None:
    ann = person()
    ann.client = confirming_client
    await ann.register()
    [mail] = await mails_to(ann.email)
    others = [person() for _ in range(4)]
    answers = await asyncio.gather(*(_confirm(other, code_of(mail), ann.password) for other in others))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert len(await rows("SELECT 1 FROM users WHERE email_key = :key", key=ann.email)) == 1


async def test_no_code_stands_in_the_database(
    person: Any, confirming_client: httpx.AsyncClient, mails_to: Any, rows: Any
) -> None:
    ann = person()
    ann.client = confirming_client
    await ann.register()
    [waiting] = await rows(
        "SELECT m.* FROM mails m JOIN registrations r ON r.id::text = m.about WHERE r.email_key = :key", key=ann.email
    )
    [mail] = await mails_to(ann.email)
    [stored] = await rows("SELECT * FROM registrations WHERE email_key = :key", key=ann.email)
    assert code_of(mail) not in str(waiting) + str(stored)
    assert ann.password not in str(stored)
    assert await rows("SELECT 1 FROM mails WHERE id = :id", id=waiting["id"]) == []
