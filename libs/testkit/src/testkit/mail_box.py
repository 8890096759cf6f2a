"""A real SMTP server in the test's own process, and what it was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage

from platform_local.mail_catcher import CatchingHandler, read_mail, start_catcher


class MailBox:
    """Every mail that was sent to the server, in order."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to an address."""
        return [mail for mail in self.mails if str(mail["to"]) == address]

    def keep(self, content: bytes) -> None:
        """Take a mail."""
        self.mails.append(read_mail(content))


@asynccontextmanager
async def open_mail_box() -> AsyncIterator[MailBox]:
    """Listen on a free port for as long as the block lasts."""
    box = MailBox()
    server = await start_catcher(CatchingHandler(box.keep), 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
