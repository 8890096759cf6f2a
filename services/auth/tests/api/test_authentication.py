"""When and how a session's holder proved who they are, through renewals and changes."""

from datetime import datetime, timedelta
from typing import Any

import jwt


async def test_a_renewal_keeps_when_and_how_one_signed_in(person: Any, gateway: Any) -> None:
    ann = person()
    await ann.register()
    signed_in = datetime.fromisoformat((await ann.me())["authenticated_at"])
    await ann.age(400)
    answer = await gateway.renew(ann.session)
    claims = jwt.decode(answer.json()["identity"], options={"verify_signature": False})
    assert claims["authenticated_at"] == signed_in.timestamp() - 400
    assert claims["methods"] == ["password"]
    me = await ann.me()
    since = datetime.fromisoformat(me["authenticated_at"])
    assert datetime.fromisoformat(me["recent_until"]) - since == timedelta(minutes=10)


async def test_another_password_is_no_new_proof(person: Any) -> None:
    ann = person()
    await ann.register()
    await ann.age(700)
    before = await ann.me()
    body = {"present_password": ann.password, "new_password": "quite another password"}
    assert (await ann.call("PUT", "/auth/password", body)).status_code == 200
    after = await ann.me()
    assert (after["authenticated_at"], after["methods"]) == (before["authenticated_at"], ["password"])


async def test_more_rights_keep_each_session_s_proof(person: Any) -> None:
    ann = person()
    await ann.register()
    await ann.age(700)
    before = await ann.me()
    assert (await ann.call("POST", "/developer/register", {"display_name": "Ann's Tools"})).status_code == 201
    after = await ann.me()
    assert "developer" in after["user"]["roles"]
    assert after["recent_until"] == before["recent_until"]


async def test_a_visitor_has_proved_nothing(person: Any, gateway: Any) -> None:
    visitor = person((await gateway.mint()).json()["session"])
    me = await visitor.me()
    assert (me["kind"], me["authenticated_at"], me["methods"], me["recent_until"]) == ("anonymous", None, [], None)
