from __future__ import annotations

from typing import Any


async def test_the_owner_of_a_leaked_token_is_told_and_the_mail_does_not_repeat_it(person: Any, mails_to: Any) -> None:
    ann = person()
    await ann.register()
    body = {"name": "laptop", "scopes": ["installs:read"]}
    token = (await ann.call("POST", "/auth/tokens", body)).json()["token"]
    assert (await person().call("POST", "/auth/tokens/leaks", {"token": token})).status_code == 202
    told = [mail for mail in await mails_to(ann.email) if mail["subject"] == "An API token of yours has leaked"]
    assert len(told) == 1
    assert token not in told[0].as_string()
    assert "/api/v1/auth/audit" in told[0].get_content()
