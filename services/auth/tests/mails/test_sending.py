"""How mails leave: once, later where the server is away, and never with a header of somebody else's making."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP
from prometheus_client import REGISTRY
from sqlalchemy import text

from auth.clients.smtp import SmtpMailer, SmtpServer
from auth.domain.errors import MailRefusedError
from auth.domain.mails import Letter, MailKind, compose
from auth.storage.mails.outbox import append_mail, claim_mails
from auth.usecases.mail.send_mails import MAX_ATTEMPTS, SendMails
from chassis.errors import ServiceUnavailableError

from .conftest import ORIGIN, code_of, mailer_to

_CLOSED_PORT = 1


async def _waiting(rows: Any, about: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await rows(
        "SELECT attempts, extract(epoch FROM next_attempt_at - now()) AS seconds FROM mails WHERE about = :about",
        about=about,
    )
    return found


async def _make_due(database: Any, about: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE mails SET next_attempt_at = now() WHERE about = :a"), {"a": about})


def _given_up() -> float:
    labels = {"kind": "verification", "outcome": "given-up"}
    return REGISTRY.get_sample_value("auth_mails_total", labels) or 0.0


async def test_mails_wait_while_the_server_is_away_and_are_given_up_in_the_end(
    person: Any, database: Any, rows: Any, mails_to: Any
) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    away = SendMails(database=database, mailer=mailer_to(_CLOSED_PORT), origin=ORIGIN)
    while await away.execute():
        pass
    [first] = await _waiting(rows, user_id)
    assert first["attempts"] == 1
    assert 20 < first["seconds"] <= 30
    await _make_due(database, user_id)
    while await away.execute():
        pass
    [second] = await _waiting(rows, user_id)
    assert 50 < second["seconds"] <= 60
    assert await mails_to(ann.email) == []  # not due
    await _make_due(database, user_id)
    assert len(await mails_to(ann.email)) == 1
    assert await _waiting(rows, user_id) == []

    await ann.call("POST", "/auth/verification")
    before = _given_up()
    for _ in range(MAX_ATTEMPTS):
        assert await _waiting(rows, user_id) != []
        await _make_due(database, user_id)
        while await away.execute():
            pass
    assert await _waiting(rows, user_id) == []
    assert _given_up() - before >= 1


async def test_several_senders_send_a_mail_once(person: Any, database: Any, mail_box: Any) -> None:
    people = [person() for _ in range(8)]
    for each in people:
        await each.register()
    senders = [SendMails(database=database, mailer=mailer_to(mail_box.port), origin=ORIGIN) for _ in range(4)]
    while sum(await asyncio.gather(*(sender.execute() for sender in senders))):
        pass
    for each in people:
        assert len(mail_box.to(each.email)) == 1


async def test_a_mail_whose_sender_died_is_sent_by_another(person: Any, database: Any, mails_to: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    async with database.transaction() as connection:
        while await claim_mails(connection, limit=100):
            pass
    assert await mails_to(ann.email) == []
    await _make_due(database, user_id)
    [mail] = await mails_to(ann.email)
    assert (await ann.call("POST", "/auth/verification/confirm", {"token": code_of(mail)})).status_code == 204


async def test_nothing_is_sent_where_the_transaction_fails(person: Any, database: Any, mails_to: Any) -> None:
    ann = person()
    user_id = (await ann.register()).json()["user"]["id"]
    assert len(await mails_to(ann.email)) == 1

    async def fail() -> None:
        async with database.transaction() as connection:
            await append_mail(connection, MailKind.PASSWORD_CHANGED, about=user_id, address=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert len(await mails_to(ann.email)) == 1


async def test_an_address_with_letters_beyond_ascii_is_written_to(person: Any, mails_to: Any) -> None:
    ann = person()
    ann.email = f"jörg.{uuid4().hex}@bücher.example"
    await ann.register()
    assert len(await mails_to(ann.email)) == 1


@pytest.mark.parametrize("field", ["to", "subject"])
async def test_a_line_break_makes_no_header(mail_box: Any, field: str) -> None:
    letter = {"to": "ann@example.com", "subject": "Hello", "text": "Hello"}
    letter[field] += "\r\nBcc: everybody@example.com"
    before = len(mail_box.mails)
    with pytest.raises(ValueError, match=r"(?i)header|line|CR"):
        await mailer_to(mail_box.port).send(Letter(**letter))
    assert len(mail_box.mails) == before


class _Refusing:
    def __init__(self, answer: str) -> None:
        self.answer = answer

    async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802
        return self.answer


@pytest.mark.parametrize(
    ("answer", "expected"), [("550 no such box", MailRefusedError), ("450 later", ServiceUnavailableError)]
)
async def test_what_is_refused_for_good_is_not_tried_again(answer: str, expected: type[Exception]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(_Refusing(answer)), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(expected):
        await mailer_to(port).send(Letter(to="ann@example.com", subject="Hello", text="Hello"))
    server.close()


async def test_nothing_is_sent_in_the_clear_unless_told_so(mail_box: Any) -> None:
    server = SmtpServer(host="127.0.0.1", port=mail_box.port, username=None, password=None, tls="starttls")
    before = len(mail_box.mails)
    with pytest.raises((ServiceUnavailableError, MailRefusedError)):
        await SmtpMailer(server=server, sender="no-reply@platform.test").send(
            Letter(to="ann@example.com", subject="Hello", text="Hello")
        )
    assert len(mail_box.mails) == before


def test_a_letter_shows_nothing_of_itself() -> None:
    letter = compose(MailKind.PASSWORD_RESET, to="ann@example.com", origin=ORIGIN, network="unknown", token="s3cret")
    assert "s3cret" in letter.text
    assert "s3cret" not in repr(letter)
    assert "ann" not in str(letter)


@pytest.mark.parametrize("sender", ["", "no address", "Name <>"])
def test_a_sender_that_is_no_address_is_told_at_the_start(sender: str) -> None:
    server = SmtpServer(host="127.0.0.1", port=1, username=None, password=None, tls="none")
    with pytest.raises(ValueError):  # noqa: PT011 - whichever says so first
        SmtpMailer(server=server, sender=sender)


def test_every_kind_has_a_text() -> None:
    for kind in MailKind:
        letter = compose(kind, to="ann@example.com", origin=ORIGIN, network="203.0.113.0/24", token="code")
        assert ORIGIN in letter.text
        assert "{" not in letter.text
        assert max(map(len, letter.text.splitlines())) < 120
