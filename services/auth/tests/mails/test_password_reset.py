import asyncio
from typing import Any

import httpx
import pytest

from .conftest import code_of

_NEW = "quite another password"


async def _ask(person: Any, email: str) -> httpx.Response:
    answer: httpx.Response = await person.call("POST", "/auth/password-reset", {"email": email})
    return answer


async def _confirm(person: Any, code: str, new: str = _NEW) -> httpx.Response:
    body = {"token": code, "new_password": new}
    answer: httpx.Response = await person.call("POST", "/auth/password-reset/confirm", body)
    return answer


async def _reset_mail(person: Any, ann: Any, mails_to: Any) -> Any:
    await mails_to(ann.email)  # what waits already goes before
    assert (await _ask(person(), ann.email)).status_code == 202
    return (await mails_to(ann.email))[-1]


async def test_the_code_sets_another_password_ends_every_session_and_signs_nobody_in(
    person: Any, gateway: Any, mails_to: Any, rows: Any
) -> None:
    ann, elsewhere = person(), person()
    user_id = (await ann.register()).json()["user"]["id"]
    mail = await _reset_mail(person, ann, mails_to)
    assert mail["subject"] == "Reset your password"
    answer = await _confirm(elsewhere, code_of(mail))
    assert (answer.status_code, answer.content) == (204, b"")
    assert elsewhere.session is None
    assert (await gateway.renew(ann.session)).status_code == 401
    assert (await ann.login()).status_code == 401
    assert (await ann.login(password=_NEW)).status_code == 200
    assert (await ann.me())["user"]["email_verified"] is True  # who resets reads the mails
    assert "Your password was changed" in [mail["subject"] for mail in await mails_to(ann.email)]
    entries = await rows(
        "SELECT action, actor_kind, address FROM audit_entries WHERE user_id::text = :id"
        " AND action LIKE 'account.password-reset%' ORDER BY id",
        id=user_id,
    )
    assert [(each["action"], each["actor_kind"]) for each in entries] == [
        ("account.password-reset-requested", "visitor"),
        ("account.password-reset", "account"),
    ]
    assert entries[1]["address"] == elsewhere.address


async def test_a_code_works_once_also_for_many_at_once(person: Any, mails_to: Any) -> None:
    ann = person()
    await ann.register()
    code = code_of(await _reset_mail(person, ann, mails_to))
    words = [f"{_NEW} {number}" for number in range(6)]
    answers = await asyncio.gather(*(_confirm(person(), code, word) for word in words))
    assert sorted(answer.status_code for answer in answers) == [204, *[400] * 5]
    [winner] = [word for word, answer in zip(words, answers, strict=True) if answer.status_code == 204]
    assert (await person().login(email=ann.email, password=winner)).status_code == 200
    assert (await _confirm(ann, code)).json()["code"] == "mail_token_invalid"


async def test_only_the_newest_code_counts_and_a_bad_password_does_not_use_it_up(person: Any, mails_to: Any) -> None:
    ann = person()
    await ann.register()
    first = await _reset_mail(person, ann, mails_to)
    second = await _reset_mail(person, ann, mails_to)
    assert (await _confirm(ann, code_of(first))).status_code == 400
    for bad in ("short", "password1"):
        assert (await _confirm(ann, code_of(second), bad)).status_code == 422
    assert (await _confirm(ann, code_of(second))).status_code == 204


async def test_a_code_is_good_for_thirty_minutes(person: Any, mails_to: Any, rows: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    code = code_of(await _reset_mail(person, ann, mails_to))
    [token] = await rows(
        "SELECT extract(epoch FROM expires_at - now()) AS seconds, token_hash FROM mail_tokens"
        " WHERE user_id::text = :id AND purpose = 'password-reset'",
        id=user_id,
    )
    assert 1_700 < token["seconds"] <= 1_800
    assert len(token["token_hash"]) == 32
    assert code.encode() not in token["token_hash"]


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(person: Any, mails_to: Any, rows: Any) -> None:
    ann, stranger = person(), person()
    await ann.register()
    known, unknown = await _ask(person(), ann.email), await _ask(person(), stranger.email)
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content
    assert {key: value for key, value in known.headers.items() if key != "date"} == dict(unknown.headers)
    assert len(await mails_to(ann.email)) == 2  # with that of the registration
    assert await mails_to(stranger.email) == []
    assert await rows("SELECT 1 FROM mails WHERE about = :key", key=stranger.email) == []


async def test_the_mail_names_the_platform_by_its_settings_whatever_host_the_request_names(
    person: Any, mails_to: Any
) -> None:
    ann = person()
    await ann.register()
    await mails_to(ann.email)
    headers = {"host": "evil.test", "x-forwarded-host": "evil.test", "origin": "http://evil.test"}
    await ann.call("POST", "/auth/password-reset", {"email": ann.email}, headers=headers)
    mail = (await mails_to(ann.email))[-1]
    assert "evil" not in mail.as_string()
    assert "https://platform.test" in mail.get_content()


async def test_a_change_of_password_is_told_by_mail(person: Any, mails_to: Any) -> None:
    ann = person()
    await ann.register()
    body = {"present_password": ann.password, "new_password": _NEW}
    assert (await ann.call("PUT", "/auth/password", body)).status_code == 200
    assert "Your password was changed" in [mail["subject"] for mail in await mails_to(ann.email)]


@pytest.mark.parametrize("code", ["x", "A" * 43, "é\ud800", "A" * 101, ""])
async def test_what_is_no_code_is_refused(person: Any, code: str) -> None:
    import json

    content = json.dumps({"token": code, "new_password": _NEW}).encode()
    answer = await person().call(
        "POST", "/auth/password-reset/confirm", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code in {400, 422}
