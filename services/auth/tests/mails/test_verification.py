from typing import Any

from .conftest import ORIGIN, code_of


async def _confirm(person: Any, code: str) -> Any:
    return await person.call("POST", "/auth/verification/confirm", {"token": code})


async def test_the_mail_of_a_registration_confirms_its_address_once(person: Any, mails_to: Any, rows: Any) -> None:
    ann = person()
    user = (await ann.register()).json()["user"]
    assert user["email_verified"] is False
    [mail] = await mails_to(ann.email)
    assert mail["subject"] == "Confirm your e-mail address"
    assert mail["from"] == "Plugin Platform <no-reply@platform.test>"
    assert mail["auto-submitted"] == "auto-generated"
    assert ORIGIN in mail.get_content()
    assert "Ann Example" not in mail.as_string()  # strangers choose names
    answer = await _confirm(person(), code_of(mail))
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await ann.me())["user"] == user | {"email_verified": True}
    again = await _confirm(ann, code_of(mail))
    assert (again.status_code, again.json()["code"]) == (400, "mail_token_invalid")
    entries = await rows(
        "SELECT action FROM audit_entries WHERE user_id::text = :id AND action = 'account.email-verified'",
        id=user["id"],
    )
    assert len(entries) == 1


async def test_only_the_newest_mail_counts_and_a_confirmed_address_gets_none(person: Any, mails_to: Any) -> None:
    ann = person()
    await ann.register()
    [first] = await mails_to(ann.email)
    answer = await ann.call("POST", "/auth/verification")
    assert answer.status_code == 202
    [_, second] = await mails_to(ann.email)
    assert (await _confirm(ann, code_of(first))).status_code == 400
    assert (await _confirm(ann, code_of(second))).status_code == 204
    assert (await ann.call("POST", "/auth/verification")).json() == answer.json()
    assert len(await mails_to(ann.email)) == 2


async def test_nobody_but_the_account_has_its_mail_sent(person: Any, gateway: Any) -> None:
    visitor = person(session=(await gateway.mint()).json()["session"])
    for somebody in (person(), visitor):
        assert (await somebody.call("POST", "/auth/verification")).status_code == 401


async def test_a_code_is_over_after_a_day_and_is_for_nothing_else(
    person: Any, mails_to: Any, database: Any, rows: Any
) -> None:
    from sqlalchemy import text

    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    [mail] = await mails_to(ann.email)
    body = {"token": code_of(mail), "new_password": "quite another password"}
    assert (await ann.call("POST", "/auth/password-reset/confirm", body)).status_code == 400
    life = "SELECT extract(epoch FROM expires_at - now()) AS seconds FROM mail_tokens WHERE user_id::text = :id"
    [token] = await rows(life, id=user_id)
    assert 86_000 < token["seconds"] <= 86_400
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE mail_tokens SET expires_at = now() WHERE user_id::text = :id"), {"id": user_id}
        )
    assert (await _confirm(ann, code_of(mail))).status_code == 400
    assert (await ann.me())["user"]["email_verified"] is False
