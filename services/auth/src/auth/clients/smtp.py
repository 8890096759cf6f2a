"""Mails leave by SMTP."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid, parseaddr
from typing import Literal

import aiosmtplib
from pydantic import SecretStr

from auth.domain.errors import MailRefusedError
from auth.domain.mails import Letter
from chassis.errors import ServiceUnavailableError

SEND_SECONDS = 10.0
"""For connecting and for each answer of the server."""

_PERMANENT = 500  # RFC 5321, section 4.2.1: 5yz is refused for good


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mails go.

    Parameters
    ----------
    tls
        ``tls`` from the first byte, ``starttls`` before anything is sent, or ``none`` for a server on this machine.
    """

    host: str
    port: int
    username: str | None
    password: SecretStr | None
    tls: Literal["none", "starttls", "tls"]


class SmtpMailer:
    """Sends mails, each over a connection of its own.

    Parameters
    ----------
    server
        The server.
    sender
        ``Name <address>`` or an address.

    Raises
    ------
    ValueError
        The sender is no address.
    """

    def __init__(self, *, server: SmtpServer, sender: str) -> None:
        name, address = parseaddr(sender)
        if "@" not in address:
            raise ValueError("MAIL_FROM is not an e-mail address")
        self._sender = Address(display_name=name, addr_spec=address)
        self._server = server

    async def send(self, letter: Letter) -> None:
        """Hand a mail to the server.

        Raises
        ------
        MailRefusedError
            The server will never take it.
        ServiceUnavailableError
            It did not take it now. A retry is safe, but the mail may come twice.
        """
        server = self._server
        password = server.password.get_secret_value() if server.password else None
        try:
            await aiosmtplib.send(
                self._message(letter),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=password,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
                timeout=SEND_SECONDS,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError, aiosmtplib.SMTPNotSupported) as error:
            if _is_permanent(error):
                raise MailRefusedError("the mail server refuses this mail") from None
            raise ServiceUnavailableError("the mail server") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # The message may quote the mail's text; the kind of error does not.
            raise ServiceUnavailableError(f"the mail server ({type(error).__name__})") from None

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)  # refuses line breaks in headers
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = localtime()
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _is_permanent(error: aiosmtplib.SMTPException) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(each.code >= _PERMANENT for each in error.recipients)
    return not isinstance(error, aiosmtplib.SMTPResponseException) or error.code >= _PERMANENT
