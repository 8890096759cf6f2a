"""From a request at the gateway to the mail box and back, through the processes of a real platform."""

import re
from email.message import EmailMessage
from uuid import uuid4

from testkit.people import PASSWORD, WAIT_SECONDS, People
from testkit.platform import RunningPlatform
from testkit.waiting import eventually

_CODE = re.compile(r"^    (\S{43})$", re.MULTILINE)
_NEW = "quite another password"


async def _mail(platform: RunningPlatform, address: str, subject: str) -> EmailMessage:
    def find() -> EmailMessage | None:
        return next((mail for mail in platform.mails_to(address) if mail["subject"] == subject), None)

    return await eventually(find, WAIT_SECONDS, saying=f"{subject!r} is sent")


def _code(mail: EmailMessage) -> str:
    match = _CODE.search(mail.get_content())
    assert match is not None
    return match[1]


async def test_an_address_is_confirmed_and_a_password_reset_by_mail(platform: RunningPlatform, people: People) -> None:
    email = f"{uuid4().hex}@example.org"
    ann, elsewhere = people.visitor(), people.visitor()
    body = {"email": email, "password": PASSWORD, "name": "Ann"}
    assert (await ann.post("/auth/register", json=body)).status_code == 201
    code = _code(await _mail(platform, email, "Confirm your e-mail address"))
    assert (await elsewhere.post("/auth/verification/confirm", json={"token": code})).status_code == 204
    assert (await ann.get("/auth/me")).json()["user"]["email_verified"] is True

    asked = await elsewhere.post("/auth/password-reset", json={"email": email})
    assert asked.status_code == 202
    assert '"mail-account";r=' in asked.headers["ratelimit"]
    assert '"mail-account";q=' in asked.headers["ratelimit-policy"]
    code = _code(await _mail(platform, email, "Reset your password"))
    reset = {"token": code, "new_password": _NEW}
    assert (await elsewhere.post("/auth/password-reset/confirm", json=reset)).status_code == 204
    assert (await elsewhere.post("/auth/password-reset/confirm", json=reset)).status_code == 400

    async def is_signed_out() -> bool:
        return (await ann.get("/auth/sessions")).status_code == 401

    await eventually(is_signed_out, WAIT_SECONDS, saying="the former session is over")
    assert (await elsewhere.post("/auth/login", json={"email": email, "password": PASSWORD})).status_code == 401
    assert (await elsewhere.post("/auth/login", json={"email": email, "password": _NEW})).status_code == 200
    await _mail(platform, email, "Your password was changed")
