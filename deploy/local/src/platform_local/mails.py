"""``make mails``: what the catcher has caught."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from platform_local.accounts import make_folder
from platform_local.errors import LocalPlatformError
from platform_local.health import smtp_probe
from platform_local.mail_catcher import read_folder
from platform_local.paths import StackPaths, repository_root, stack_paths
from platform_local.ports import HOST
from platform_local.program import Program
from platform_local.servers.context import ServerContext

SHOWN_MAILS = 20


def mail_program(context: ServerContext, *, python: Path, user: str | None) -> Program:
    """Make the folder and return the program that catches every mail."""
    folder = make_folder(mail_folder(context.paths), user)
    port = context.ports.mail
    return Program(
        name="mail",
        command=(str(python), "-m", "platform_local.mail_catcher", "--port", str(port), "--folder", str(folder)),
        directory=repository_root(),
        ready=smtp_probe(port),
        ports=(port,),
        user=user,
    )


def mail_folder(paths: StackPaths) -> Path:
    """Return where caught mails are."""
    return paths.data("mails")


def show_mails(console: Console, number: int | None) -> None:
    """Print the last mails as a table, or one of them whole; the newest is number 1.

    Raises
    ------
    LocalPlatformError
        Where there is no mail of this number, or the mails are in a container.
    """
    if os.environ.get("STACK") == "docker":
        raise LocalPlatformError("In containers mails are shown by a page.", remedy=f"Open http://{HOST}:18025")
    mails = read_folder(mail_folder(stack_paths()))[::-1]
    if number is None:
        table = Table("no", "sent", "to", "subject")
        for count, mail in enumerate(mails[:SHOWN_MAILS], start=1):
            table.add_row(str(count), str(mail["date"]), str(mail["to"]), str(mail["subject"]))
        console.print(table)
        console.print(f"{len(mails)} caught; one of them: make mails N=1")
        return
    if not 1 <= number <= len(mails):
        raise LocalPlatformError(f"There is no mail {number}.", remedy="List them with: make mails")
    mail = mails[number - 1]
    for name in ("from", "to", "date", "subject"):
        console.print(f"{name}: {mail[name]}", markup=False, highlight=False)
    console.print(f"\n{mail.get_content()}", markup=False, highlight=False, soft_wrap=True)
