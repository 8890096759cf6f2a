"""What people with accounts do: every service that writes gets some of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import uuid4

import aiohttp

from testkit.faults.ledger import Ledger
from testkit.faults.load import Answer, send
from testkit.faults.truth import Truth
from testkit.people import API, PASSWORD


class AccountTraffic:
    """Operations for a `Load`: registrations, drafts of plugins, reviews, and reads of one's own.

    Parameters
    ----------
    client
        From `open_client`.
    cookie
        Session of a developer.
    plugin_ids
        Published plugins that may be reviewed.
    ledger
        Gets ``{"email"}``, ``{"draft"}`` or ``{"review", "of"}`` for each acknowledged write.
    """

    def __init__(
        self, client: aiohttp.ClientSession, *, cookie: str, plugin_ids: Sequence[str], ledger: Ledger
    ) -> None:
        self._client = client
        self._cookie = cookie
        self._plugin_ids = plugin_ids
        self._ledger = ledger
        self.refused_emails: list[str] = []
        """Of registrations that were answered 503."""

    async def __call__(self) -> Answer:
        """Do one thing."""
        operation = random.choice((self._register, self._draft, self._draft, self._review, self._review, self._look))
        return await operation()

    async def _register(self) -> Answer:
        email = f"{uuid4().hex}@example.org"
        body = {"email": email, "password": PASSWORD, "name": "Somebody"}
        answer = await send(self._client, "POST", f"{API}/auth/register", body=body)
        if answer.is_accepted:
            self._ledger.note(email=email)
        elif answer.is_honest_refusal:
            self.refused_emails.append(email)
        return answer

    async def _draft(self) -> Answer:
        draft = f"d-{uuid4().hex[:12]}"
        body = {"id": draft, "name": draft, "description": "A draft.", "category": "utilities", "tags": []}
        answer = await send(self._client, "POST", f"{API}/developer/plugins", body=body, cookie=self._cookie)
        if answer.is_accepted:
            self._ledger.note(draft=draft)
        return answer

    async def _review(self) -> Answer:
        plugin_id, text = random.choice(self._plugin_ids), uuid4().hex
        address = f"{API}/plugins/{plugin_id}/reviews/mine"
        answer = await send(self._client, "PUT", address, body={"rating": 4, "text": text}, cookie=self._cookie)
        if answer.is_accepted:
            self._ledger.note(review=text, of=plugin_id)
        return answer

    async def _look(self) -> Answer:
        address = random.choice(("/auth/me", "/user/plugins", "/developer/plugins", "/developer/profile"))
        return await send(self._client, "GET", API + address, cookie=self._cookie)


async def lost_account_writes(ledger: Ledger, truth: Truth) -> list[str]:
    """Compare the ledger of `AccountTraffic` with the database; returns what is missing.

    A review replaces the one before, so only their number of plugins is compared.
    """
    entries = await ledger.entries()
    wanted = {
        "SELECT email AS found FROM auth.users": {entry["email"] for entry in entries if "email" in entry},
        "SELECT id AS found FROM publishing.plugins": {entry["draft"] for entry in entries if "draft" in entry},
        "SELECT plugin_id AS found FROM catalog.reviews": {entry["of"] for entry in entries if "of" in entry},
    }
    lost: list[str] = []
    for query, acknowledged in wanted.items():
        lost += sorted(acknowledged - {row["found"] for row in await truth.rows(query)})
    return lost
