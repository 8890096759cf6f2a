"""``python -m auth ensure-user``: an account that must exist, such as the first administrator."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from auth.domain.common_passwords import is_common
from auth.domain.emails import Email, EmailInvalidError, parse_email
from auth.domain.names import NameInvalidError, parse_name
from auth.domain.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, measure
from auth.usecases.ensure_user import EnsuredUser, EnsureUser
from contracts.identity import Role

GRANTABLE_ROLES: tuple[Role, ...] = ("reviewer", "administrator")
"""Roles that only an operator gives; one does not include the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedUser:
    """What the command line asks for."""

    email: Email
    password: str
    name: str
    roles: tuple[Role, ...]


def read_arguments(arguments: list[str]) -> WantedUser:
    """Read the command line; ends the process with a message and status 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m auth ensure-user",
        description="Make an account exist with this password and at least these roles. May be repeated.",
    )
    parser.add_argument("--email", required=True)
    parser.add_argument("--password-file", required=True, type=Path, help="a file whose first line is the password")
    parser.add_argument("--name", required=True, help="what others see; an existing account keeps its own")
    parser.add_argument("--role", action="append", default=[], choices=GRANTABLE_ROLES, help="may be repeated")
    options = parser.parse_args(arguments)
    try:
        return WantedUser(
            email=parse_email(options.email),
            password=_read_password(options.password_file),
            name=parse_name(options.name),
            roles=tuple(dict.fromkeys(options.role)),
        )
    except (EmailInvalidError, NameInvalidError) as error:
        parser.error(str(error))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        parser.error(f"the password file cannot be used: {error}")


def _read_password(path: Path) -> str:
    lines = path.read_text("utf-8").splitlines()
    password = lines[0] if lines else ""
    if len(password) > MAX_PASSWORD_LENGTH or measure(password) < MIN_PASSWORD_LENGTH:
        raise ValueError(f"its first line has to have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")
    if is_common(password):
        raise ValueError("its first line is among the passwords that everybody tries first")
    return password


async def ensure_user(use_case: EnsureUser, wanted: WantedUser) -> None:
    """Run the use case and say on standard output what it did; errors as `EnsureUser.execute`."""
    ensured = await use_case.execute(email=wanted.email, password=wanted.password, name=wanted.name, roles=wanted.roles)
    sys.stdout.write(_sentence(ensured) + "\n")


def _sentence(ensured: EnsuredUser) -> str:
    account = ensured.account
    deeds = []
    if ensured.was_created:
        deeds.append("created")
    elif ensured.password_was_set:
        deeds.append("password replaced")
    if ensured.roles_granted:
        deeds.append(f"granted {', '.join(ensured.roles_granted)}")
    if deeds and not ensured.was_created:
        deeds.append("sessions ended")
    return f"{account.email} ({', '.join(account.roles)}): {'; '.join(deeds) or 'unchanged'}"
