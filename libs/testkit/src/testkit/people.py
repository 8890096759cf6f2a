"""People who use a running platform only through its gateway."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx

from testkit.platform import Account, RunningPlatform
from testkit.waiting import eventually

API = "/api/v1"
PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a test
WAIT_SECONDS = 40.0
"""Patience for an effect that travels through Kafka on a busy machine."""

SETTINGS_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "theme": {"enum": ["light", "dark"], "default": "light"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 10},
        "tag": {"type": "string", "maxLength": 64},
    },
}


def _browser(gateway_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=gateway_url + API, timeout=30, headers={"origin": gateway_url})


def bundle_of(plugin_id: str, version: str) -> bytes:
    """Return a small bundle that differs for each plugin and version."""
    return f"module.exports = {{ id: '{plugin_id}', version: '{version}' }};\n".encode()


def manifest_of(plugin_id: str, version: str, **changes: object) -> dict[str, Any]:
    """Return a sound manifest, with the given fields instead of its own."""
    return {
        "id": plugin_id,
        "name": f"Plugin {plugin_id}",
        "version": version,
        "description": "Made for a test.",
        "main": "bundle.js",
        "api_version": "1",
        "settings_schema": SETTINGS_SCHEMA,
        **changes,
    }


class People:
    """Makes clients with cookies of their own, and does for them what many tests begin with.

    Parameters
    ----------
    platform
        Where they go.
    """

    def __init__(self, platform: RunningPlatform) -> None:
        self._platform = platform
        self._clients: list[httpx.AsyncClient] = []

    def visitor(self) -> httpx.AsyncClient:
        """Return a browser without cookies; its base address ends in ``/api/v1``."""
        self._clients.append(_browser(self._platform.gateway_url))
        return self._clients[-1]

    async def register(self, name: str = "Ann") -> httpx.AsyncClient:
        """Return the browser of a new account."""
        client = self.visitor()
        body = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "name": name}
        _expect(await client.post("/auth/register", json=body), httpx.codes.CREATED)
        return client

    async def developer(self) -> httpx.AsyncClient:
        """Return the browser of a new developer."""
        client = await self.register("Dev")
        _expect(await client.post("/developer/register", json={"display_name": "Example Labs"}), httpx.codes.CREATED)
        return client

    async def reviewer(self) -> httpx.AsyncClient:
        """Return a browser in which the reviewer is signed in."""
        return await self._sign_in(self._platform.reviewer)

    async def administrator(self) -> httpx.AsyncClient:
        """Return a browser in which the administrator is signed in."""
        return await self._sign_in(self._platform.administrator)

    async def _sign_in(self, account: Account) -> httpx.AsyncClient:
        client = self.visitor()
        body = {"email": account.email, "password": account.password}
        _expect(await client.post("/auth/login", json=body), httpx.codes.OK)
        return client

    async def create_organisation(self, owner: httpx.AsyncClient, name: str = "Example Labs") -> str:
        """Make an organisation; returns its slug."""
        slug = f"o-{uuid4().hex[:12]}"
        _expect(await owner.post("/organisations", json={"slug": slug, "name": name}), httpx.codes.CREATED)
        return slug

    async def invite(self, owner: httpx.AsyncClient, slug: str, email: str, role: str) -> str:
        """Invite an address into an organisation; returns the invitation's id."""
        answer = await owner.post(f"/organisations/{slug}/invitations", json={"email": email, "role": role})
        _expect(answer, httpx.codes.CREATED)
        return str(answer.json()["id"])

    async def join(self, owner: httpx.AsyncClient, slug: str, member: httpx.AsyncClient, role: str) -> str:
        """Make an account a member of an organisation; returns the account's id."""
        user = (await member.get("/auth/me")).json()["user"]
        invitation_id = await self.invite(owner, slug, user["email"], role)
        _expect(await member.post(f"/auth/invitations/{invitation_id}/accept"), httpx.codes.OK)
        return str(user["id"])

    async def create_plugin(self, developer: httpx.AsyncClient, **changes: object) -> str:
        """Take a fresh id for a plugin; returns it."""
        plugin_id = f"p-{uuid4().hex[:12]}"
        body = {
            "id": plugin_id,
            "name": f"Plugin {plugin_id}",
            "description": "Made for a test.",
            "category": "utilities",
            "tags": ["test"],
            **changes,
        }
        _expect(await developer.post("/developer/plugins", json=body), httpx.codes.CREATED)
        return plugin_id

    async def submit(
        self, developer: httpx.AsyncClient, plugin_id: str, version: str, **parts: tuple[str, bytes, str]
    ) -> httpx.Response:
        """Upload a version; `parts` replace or add parts of the form. Returns the answer, whatever it is."""
        manifest = json.dumps(manifest_of(plugin_id, version)).encode()
        files = {
            "manifest": ("manifest.json", manifest, "application/json"),
            "bundle": ("bundle.js", bundle_of(plugin_id, version), "text/javascript"),
            **parts,
        }
        return await developer.post(f"/developer/plugins/{plugin_id}/versions", files=files)

    async def await_review(self, viewer: httpx.AsyncClient, address: str) -> None:
        """Wait until a submission awaits its reviewer."""

        async def awaits_review() -> bool:
            answer = await viewer.get(address)
            return bool(answer.status_code == httpx.codes.OK and answer.json()["status"] == "awaiting_review")

        await eventually(awaits_review, WAIT_SECONDS, saying=f"{address} awaits review")

    async def publish(self, developer: httpx.AsyncClient, plugin_id: str, version: str) -> str:
        """Publish a version and wait until everybody can see it; returns the SHA-256 of its bundle."""
        received = await self.submit(developer, plugin_id, version)
        _expect(received, httpx.codes.ACCEPTED)
        reviewer = await self.reviewer()
        address = f"/review/submissions/{received.json()['id']}"
        await self.await_review(reviewer, address)
        _expect(await reviewer.post(f"{address}/decision", json={"verdict": "approve"}), httpx.codes.OK)

        async def is_public() -> bool:
            answer = await reviewer.get(f"/plugins/{plugin_id}/versions/{version}")
            return answer.status_code == httpx.codes.OK

        await eventually(is_public, WAIT_SECONDS, saying=f"{plugin_id} {version} is public")
        return hashlib.sha256(bundle_of(plugin_id, version)).hexdigest()

    async def install(self, client: httpx.AsyncClient, plugin_id: str, **choice: object) -> httpx.Response:
        """Install a plugin; returns the first answer that knows it, since installs learns of it a moment later."""

        async def known() -> httpx.Response | None:
            answer = await client.post("/user/plugins/install", json={"plugin_id": plugin_id, **choice})
            return None if answer.status_code == httpx.codes.NOT_FOUND else answer

        return await eventually(known, WAIT_SECONDS, saying=f"{plugin_id} can be installed")

    async def leave(self) -> None:
        """Close every browser."""
        for client in self._clients:
            await client.aclose()


def _expect(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise AssertionError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
