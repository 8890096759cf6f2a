"""What a user or an anonymous visitor does with plugins: install, set, update, remove, judge."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from demo.api.caller import Answer, Caller
from demo.api.shapes import Install, Review


@dataclass(frozen=True)
class Installed:
    """The outcome of an install.

    Parameters
    ----------
    install
        The install as it is now.
    is_new
        Whether this call made it, as far as the answer can say.
    may_be_double
        An answer was lost before the visitor had a session: a nameless owner may hold a second install.
    """

    install: Install
    is_new: bool
    may_be_double: bool


class InstallingApi:
    """The plugins of one owner.

    Parameters
    ----------
    caller
        The owner: signed in, or anonymous from the first write on.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def installs(self) -> list[Install]:
        """Read the owner's plugins."""
        return cast("list[Install]", (await self._caller.call("GET", "/api/v1/user/plugins")).json()["items"])

    async def install(self, plugin_id: str, *, version: str | None = None) -> Installed | None:
        """Install a plugin, the latest version unless one is named; None where it is not known (yet)."""
        nameless = self._caller.session is None
        body = {"plugin_id": plugin_id} | ({"version": version} if version else {})
        answer = await self._caller.call(
            "POST",
            "/api/v1/user/plugins/install",
            body=body,
            expect=(httpx.codes.OK, httpx.codes.CREATED, httpx.codes.NOT_FOUND),
        )
        if answer.status == httpx.codes.NOT_FOUND:
            return None
        return Installed(
            install=cast("Install", answer.json()),
            is_new=answer.status == httpx.codes.CREATED or answer.in_doubt,
            may_be_double=nameless and answer.in_doubt,
        )

    async def change(self, plugin_id: str, change: Mapping[str, Any]) -> Install:
        """Change `enabled`, `settings` or `version`."""
        return cast("Install", (await self._patch(plugin_id, change, expect=(httpx.codes.OK,))).json())

    async def update(self, plugin_id: str, version: str) -> Install | None:
        """Change the version; None where that version is not known (yet)."""
        answer = await self._patch(plugin_id, {"version": version}, expect=(httpx.codes.OK, httpx.codes.NOT_FOUND))
        return cast("Install", answer.json()) if answer.status == httpx.codes.OK else None

    async def refused_settings(self, plugin_id: str, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Send settings that must be refused (422); return the problem's errors."""
        answer = await self._patch(plugin_id, {"settings": settings}, expect=(httpx.codes.UNPROCESSABLE_ENTITY,))
        return cast("list[dict[str, Any]]", answer.json().get("errors", []))

    async def _patch(self, plugin_id: str, change: Mapping[str, Any], *, expect: Collection[int]) -> Answer:
        path = f"/api/v1/user/plugins/{plugin_id}"
        return await self._caller.call("PATCH", path, body=dict(change), expect=expect)

    async def uninstall(self, plugin_id: str) -> None:
        """Remove a plugin; that it was gone already is as good."""
        await self._caller.call(
            "DELETE",
            f"/api/v1/user/plugins/{plugin_id}",
            expect=(httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND),
        )

    async def write_review(self, plugin_id: str, *, rating: int, text: str) -> Review:
        """Write the user's review, or replace it."""
        answer = await self._caller.call(
            "PUT",
            f"/api/v1/plugins/{plugin_id}/reviews/mine",
            body={"rating": rating, "text": text},
            expect=(httpx.codes.OK, httpx.codes.CREATED),
        )
        return cast("Review", answer.json())

    async def find_review(self, plugin_id: str) -> Review | None:
        """Read the user's own review; None where there is none."""
        answer = await self._caller.call(
            "GET", f"/api/v1/plugins/{plugin_id}/reviews/mine", expect=(httpx.codes.OK, httpx.codes.NOT_FOUND)
        )
        return cast("Review", answer.json()) if answer.status == httpx.codes.OK else None

    async def delete_review(self, plugin_id: str) -> None:
        """Delete the user's review; that it was gone already is as good."""
        await self._caller.call(
            "DELETE",
            f"/api/v1/plugins/{plugin_id}/reviews/mine",
            expect=(httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND),
        )
