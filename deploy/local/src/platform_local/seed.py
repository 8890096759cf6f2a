"""The first accounts: an administrator and a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platform_local.accounts import write_private
from platform_local.preparation import Workshop, run_component
from platform_local.programs import COMPONENTS
from platform_local.secrets import Secrets


@dataclass(frozen=True)
class FirstAccount:
    """An account that every local platform has."""

    role: str
    email: str
    name: str

    def command(self, password_file: Path) -> list[str]:
        """Return the arguments of auth's command that makes the account where it is missing."""
        options = ["--email", self.email, "--name", self.name, "--role", self.role]
        return ["ensure-user", *options, "--password-file", str(password_file)]

    def password_file(self, secrets: Secrets) -> Path:
        """Return the file that holds its password."""
        return {
            "administrator": secrets.administrator_password_file,
            "reviewer": secrets.reviewer_password_file,
        }[self.role]


FIRST_ACCOUNTS = (
    FirstAccount("administrator", "admin@plugin-platform.example", "Administrator"),
    FirstAccount("reviewer", "reviewer@plugin-platform.example", "Reviewer"),
)


def credentials_file(home: Path) -> Path:
    """Return the file that tells a person how to sign in."""
    return home / "credentials.txt"


def ensure_first_accounts(workshop: Workshop) -> Path:
    """Create the accounts by auth's own command where they are missing, and write the credentials file.

    Raises
    ------
    StepFailedError
        Where the command fails. Trying again is safe.
    """
    auth = next(component for component in COMPONENTS if component.package == "auth")
    for account in FIRST_ACCOUNTS:
        run_component(workshop, auth, account.command(account.password_file(workshop.context.secrets)))
    return write_credentials(workshop)


def write_credentials(workshop: Workshop) -> Path:
    """Write e-mail addresses and passwords of the first accounts to a file that only its owner reads."""
    rows = ["# The first accounts of this local platform."]
    for account in FIRST_ACCOUNTS:
        password = account.password_file(workshop.context.secrets).read_text()
        rows += [f"{account.role}_email={account.email}", f"{account.role}_password={password}"]
    return write_private(credentials_file(workshop.context.paths.home), "\n".join(rows) + "\n", None)
