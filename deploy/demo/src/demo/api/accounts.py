"""Registering, signing in and out."""

from dataclasses import dataclass
from typing import cast

import httpx

from demo.api.caller import Caller
from demo.api.shapes import Me, User


@dataclass(frozen=True)
class Registration:
    """The outcome of a registration.

    Parameters
    ----------
    is_new
        Whether the account was opened, and the caller is signed in.
    in_doubt
        It was not, but perhaps only because this very call had opened it and its answer was lost.
    """

    is_new: bool
    in_doubt: bool


class AccountsApi:
    """What everybody may do about their account.

    Parameters
    ----------
    caller
        The person.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def register(self, *, email: str, password: str, name: str) -> Registration:
        """Open an account and sign in, unless the address is taken."""
        answer = await self._caller.call(
            "POST",
            "/api/v1/auth/register",
            body={"email": email, "password": password, "name": name},
            expect=(httpx.codes.CREATED, httpx.codes.CONFLICT, httpx.codes.UNAUTHORIZED),
        )
        if answer.status == httpx.codes.CREATED:
            return Registration(is_new=True, in_doubt=False)
        if answer.code != "email_taken":
            # A lost answer may have rotated the session that the cookie still names.
            self._caller.forget_session()
        return Registration(is_new=False, in_doubt=answer.in_doubt)

    async def sign_in(self, *, email: str, password: str) -> User | None:
        """Sign in; None where the address or the password is wrong."""
        for _ in range(2):
            answer = await self._caller.call(
                "POST",
                "/api/v1/auth/login",
                body={"email": email, "password": password},
                expect=(httpx.codes.OK, httpx.codes.UNAUTHORIZED, httpx.codes.CONFLICT),
            )
            if answer.status == httpx.codes.OK:
                return cast("User", answer.json()["user"])
            if answer.code == "credentials_invalid":
                return None
            # The anonymous session was claimed by an attempt whose answer was lost: sign in as a stranger.
            self._caller.forget_session()
        return None

    async def me(self) -> Me:
        """Ask who the session is."""
        return cast("Me", (await self._caller.call("GET", "/api/v1/auth/me")).json())

    async def sign_out(self) -> None:
        """End the session."""
        await self._caller.call("POST", "/api/v1/auth/logout", expect=(httpx.codes.NO_CONTENT,))
        self._caller.forget_session()
