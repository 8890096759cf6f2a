"""Who takes part: stable accounts, kept in a file that only its owner reads, and the callers that act for them."""

import json
import os
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from demo.api.accounts import AccountsApi, Registration
from demo.api.browsing import BrowsingApi
from demo.api.caller import Caller
from demo.api.developing import DevelopingApi
from demo.api.installing import InstallingApi
from demo.api.reviewing import ReviewingApi
from demo.errors import DemoError

DEVELOPERS = ("Northwind Charts", "Paper Trail", "Calendar House", "Meridian Maps", "Small Parts")
VISITORS = ("Ada", "Blaise", "Carl", "Dorothy", "Emmy", "Fibonacci")


@dataclass(frozen=True)
class Credentials:
    """What somebody signs in with.

    Parameters
    ----------
    email, password
        As registered.
    name
        What others see.
    """

    email: str
    password: str
    name: str


class Accounts:
    """The demo's own accounts on one gateway.

    Parameters
    ----------
    folder
        Where the file is kept, one for each gateway.
    gateway_url
        The gateway.
    """

    def __init__(self, folder: Path, gateway_url: str) -> None:
        address = urlsplit(gateway_url).netloc.replace(":", "-")
        self.path = folder / f"accounts-{address}.json"
        self._known: dict[str, dict[str, str]] = {}

    def load(self) -> None:
        """Read the file, or begin one.

        Raises
        ------
        DemoError
            The folder cannot be written, or the file was damaged.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists():
                self._known = json.loads(self.path.read_text("utf-8"))
            missing = [name for name in (*DEVELOPERS, *VISITORS) if name not in self._known]
            for name in missing:
                self._known[name] = {"email": _address(name), "password": secrets.token_urlsafe(18)}
            if missing:
                self._save()
        except (OSError, ValueError) as error:
            raise DemoError(
                f"The demo's accounts cannot be kept in {self.path}: {error}.",
                remedy="Run the demo as the user who ran `make up`, or set PLATFORM_DATA_DIR.",
            ) from error

    def credentials(self, name: str) -> Credentials:
        """Give the credentials of one of the demo's people."""
        return Credentials(name=name, **self._known[name])

    def _save(self) -> None:
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self._known, indent=2) + "\n", "utf-8")
        fresh.replace(self.path)


def _address(name: str) -> str:
    # The random part keeps a second clone's demo, which has another file, from needing this one's passwords.
    return f"{name.lower().replace(' ', '.')}.{secrets.token_hex(3)}@example.com"


class Person:
    """Somebody at the gateway.

    Parameters
    ----------
    name
        What others see.
    caller
        Their connection and session.
    """

    def __init__(self, name: str, caller: Caller) -> None:
        self.name = name
        self.caller = caller
        self.accounts = AccountsApi(caller)
        self.browsing = BrowsingApi(caller)
        self.installing = InstallingApi(caller)
        self.developing = DevelopingApi(caller)
        self.reviewing = ReviewingApi(caller)

    async def register(self, credentials: Credentials) -> Registration:
        """Open the account, unless it is there already."""
        return await self.accounts.register(
            email=credentials.email, password=credentials.password, name=credentials.name
        )

    async def sign_in(self, credentials: Credentials) -> None:
        """Sign in.

        Raises
        ------
        DemoError
            The account has another password.
        """
        if not await self.accounts.sign_in(email=credentials.email, password=credentials.password):
            raise DemoError(
                f"{credentials.email} is registered with another password than the demo keeps.",
                remedy="Reset the platform's data (`make reset`), or remove the demo's accounts file.",
            )


class People:
    """Everybody who takes part, with one connection each, closed together.

    Parameters
    ----------
    gateway_url
        The gateway.
    """

    def __init__(self, gateway_url: str) -> None:
        self._gateway_url = gateway_url
        self._callers = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._callers.aclose()

    async def join(self, name: str) -> Person:
        """Let somebody in, without a session."""
        return Person(name, await self._callers.enter_async_context(Caller(self._gateway_url)))


def read_reviewer(path: Path) -> Credentials:
    """Read the reviewer's credentials from the file that `make up` writes, lines such as `reviewer_email=…`.

    Raises
    ------
    DemoError
        The file is missing or not readable.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
        known = {name: value for name, equals, value in (line.partition("=") for line in lines) if equals}
        return Credentials(email=known["reviewer_email"], password=known["reviewer_password"], name="Reviewer")
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise DemoError(
            f"The reviewer's credentials cannot be read from {path}: {error!r}.",
            remedy="Run `make up` first, as the same user; or name the file in DEMO_CREDENTIALS.",
        ) from error
