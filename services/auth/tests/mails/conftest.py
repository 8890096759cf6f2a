"""People with a mail box: what the service sends goes to a real SMTP server of the session's own."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage

import httpx
import pytest

from auth.clients.smtp import SmtpMailer, SmtpServer
from auth.config import ServeSettings
from auth.main import build_app
from auth.usecases.mail.send_mails import SendMails
from chassis.db import Database
from testkit.client import asgi_client
from testkit.mail_box import MailBox

ORIGIN = "https://platform.test"
_CODE = re.compile(r"^    (\S{43})$", re.MULTILINE)

MailsTo = Callable[[str], Awaitable[list[EmailMessage]]]


def mailer_to(port: int) -> SmtpMailer:
    server = SmtpServer(host="127.0.0.1", port=port, username=None, password=None, tls="none")
    return SmtpMailer(server=server, sender="Plugin Platform <no-reply@platform.test>")


def code_of(mail: EmailMessage) -> str:
    match = _CODE.search(mail.get_content())
    assert match is not None, mail.get_content()
    return match[1]


@pytest.fixture
def mails_to(database: Database, mail_box: MailBox) -> MailsTo:
    """``await mails_to("ann@example.com")`` sends what is due and gives the mails to an address, the oldest first."""
    sender = SendMails(database=database, mailer=mailer_to(mail_box.port), origin=ORIGIN)

    async def read(address: str) -> list[EmailMessage]:
        while await sender.execute():
            pass
        return mail_box.to(address)

    return read


@pytest.fixture(scope="module")
async def confirming_client(settings: ServeSettings) -> AsyncIterator[httpx.AsyncClient]:
    """The service where an account opens by its mail only."""
    async with asgi_client(build_app(settings.model_copy(update={"registration": "confirmed"}))) as client:
        yield client
