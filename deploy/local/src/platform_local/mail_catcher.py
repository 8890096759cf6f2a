"""``python -m platform_local.mail_catcher``: an SMTP server that keeps every mail as a file and sends none on."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from platform_local.ports import HOST

KEPT_MAILS = 1_000


class CatchingHandler:
    """Takes every mail.

    Parameters
    ----------
    keep
        Is given each, as it came.
    """

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Keep a mail."""
        content = envelope.content or b""
        self._keep(content if isinstance(content, bytes) else content.encode())
        return "250 kept, and sent nowhere"


async def start_catcher(handler: CatchingHandler, port: int) -> asyncio.Server:
    """Listen on loopback; port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="catcher"), HOST, port)


def read_mail(content: bytes) -> EmailMessage:
    """Parse a mail."""
    message = BytesParser(policy=policy.default).parsebytes(content.replace(b"\r\n", b"\n"))
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    return message


def read_folder(folder: Path) -> list[EmailMessage]:
    """Read all that were caught, the oldest first."""
    return [read_mail(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]


def _keep_in(folder: Path) -> Callable[[bytes], None]:
    def keep(content: bytes) -> None:
        name = f"{time.time_ns():020}"
        part = folder / f"{name}.part"
        part.touch(mode=0o600)  # codes are in there
        part.write_bytes(content)
        part.rename(folder / f"{name}.eml")
        for old in sorted(folder.glob("*.eml"))[:-KEPT_MAILS]:
            old.unlink()

    return keep


async def _run(port: int, folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await start_catcher(CatchingHandler(_keep_in(folder)), port)
    print(f"catching mails on {HOST}:{port} in {folder}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    """Catch until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m platform_local.mail_catcher", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    os.umask(0o077)
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(options.port, options.folder))


if __name__ == "__main__":
    main()
