"""What a developer does: register, create plugins, upload versions, follow submissions."""

import json
from typing import Any, cast

import httpx

from demo.api.caller import Caller
from demo.api.shapes import Submission
from demo.errors import UnexpectedAnswerError
from demo.packaging import PluginPackage

_MINE_ELSEWHERE = "Another developer has it. Reset the platform's data (`make reset`), or publish under another name."


class DevelopingApi:
    """The plugins of one developer.

    Parameters
    ----------
    caller
        A signed-in user.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def become_developer(self, display_name: str) -> None:
        """Get a developer profile; having one already is as good."""
        profile = await self._caller.call(
            "GET",
            "/api/v1/developer/profile",
            expect=(httpx.codes.OK, httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN),
        )
        if profile.status == httpx.codes.OK:
            return
        await self._caller.call(
            "POST",
            "/api/v1/developer/register",
            body={"display_name": display_name},
            expect=(httpx.codes.OK, httpx.codes.CREATED, httpx.codes.CONFLICT),
        )

    async def find_plugin(self, plugin_id: str) -> dict[str, Any] | None:
        """Read one of the developer's plugins with its submissions; None where there is none of that id.

        Raises
        ------
        UnexpectedAnswerError
            The id is another developer's.
        """
        answer = await self._caller.call(
            "GET",
            f"/api/v1/developer/plugins/{plugin_id}",
            expect=(httpx.codes.OK, httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN),
        )
        if answer.status == httpx.codes.FORBIDDEN:
            raise UnexpectedAnswerError(f"The plugin id {plugin_id} is taken.", remedy=_MINE_ELSEWHERE)
        return cast("dict[str, Any]", answer.json()) if answer.status == httpx.codes.OK else None

    async def create_plugin(self, package: PluginPackage) -> None:
        """Create the listing of a plugin.

        Raises
        ------
        UnexpectedAnswerError
            The id is another developer's.
        """
        said = {
            name: package.manifest[name]
            for name in ("name", "description", "homepage", "repository", "license")
            if name in package.manifest
        }
        answer = await self._caller.call(
            "POST",
            "/api/v1/developer/plugins",
            body={"id": package.plugin_id, "category": package.category, "tags": list(package.tags), **said},
            expect=(httpx.codes.CREATED, httpx.codes.CONFLICT),
        )
        if answer.status == httpx.codes.CONFLICT and await self.find_plugin(package.plugin_id) is None:
            raise UnexpectedAnswerError(f"The plugin id {package.plugin_id} is taken.", remedy=_MINE_ELSEWHERE)

    async def upload(self, package: PluginPackage) -> Submission:
        """Upload one version; the same bytes again give the same submission."""
        files = {
            "manifest": ("manifest.json", json.dumps(package.manifest).encode(), "application/json"),
            "bundle": ("bundle.js", package.bundle, "text/javascript"),
        }
        if package.source_map is not None:
            files["source_map"] = ("bundle.js.map", package.source_map, "application/json")
        answer = await self._caller.call(
            "POST",
            f"/api/v1/developer/plugins/{package.plugin_id}/versions",
            files=files,
            form={"changelog": package.changelog},
            expect=(httpx.codes.ACCEPTED,),
        )
        return cast("Submission", answer.json())

    async def submission(self, submission_id: str) -> Submission:
        """Read a submission with every step and verdict."""
        answer = await self._caller.call("GET", f"/api/v1/developer/submissions/{submission_id}")
        return cast("Submission", answer.json())
