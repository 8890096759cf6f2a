"""The reviewer approves and rejects; each approval is timed until people find the version by search."""

import asyncio
import time
from collections.abc import Sequence
from itertools import groupby

from contracts.versions import sort_key
from demo.errors import CheckFailedError
from demo.journey.publish import Submitted
from demo.journey.stage import Stage
from demo.people import Person
from demo.progress import Advance
from demo.waiting import wait_for

_PARALLEL = 4
"""Plugins reviewed at a time: a reviewer's pace, and few enough that polling does not weigh on what is measured."""

_SEARCH_SECONDS = 180.0
"""The search engine may be killed meanwhile, and takes most of a minute to come back."""

_POLL_SECONDS = 0.1
_APPROVED = frozenset({"approved", "published"})


async def review(stage: Stage, submitted: Sequence[Submitted]) -> None:
    """Decide on everything that waits for it, and see that what is approved can be found.

    Raises
    ------
    CheckFailedError
        A version was decided on otherwise than the catalogue says.
    """
    reviewer = await stage.people.join("Reviewer")
    if not await reviewer.accounts.sign_in(email=stage.reviewer.email, password=stage.reviewer.password):
        raise CheckFailedError(
            "The reviewer cannot sign in with the credentials that `make up` wrote.",
            remedy="Run `make up` again: it makes the account.",
        )
    reader = await stage.people.join("Reader")
    stage.findings.count("submissions in the review queue", len(await reviewer.reviewing.queue()))
    turns = asyncio.Semaphore(_PARALLEL)

    async def review_plugin(items: list[Submitted], advance: Advance) -> None:
        async with turns:
            for item in items:
                await _decide(stage, reviewer, reader, item)
                advance(1)

    with stage.steps.step("Reviewing, and finding by search", len(submitted)) as advance:
        async with asyncio.TaskGroup() as group:
            for _, items in groupby(submitted, key=lambda item: item.plugin.id):
                group.create_task(review_plugin(list(items), advance))
    found = stage.findings.counts["decisions found"]
    if found:
        stage.steps.say(f"{found} of {len(submitted)} versions had been decided on already.")


async def _decide(stage: Stage, reviewer: Person, reader: Person, item: Submitted) -> None:
    rejection = item.plugin.entry.rejections.get(item.version)
    if item.status in _APPROVED | {"rejected"}:
        if (item.status == "rejected") != (rejection is not None):
            raise CheckFailedError(
                f"{item.plugin.name} {item.version} is {item.status} already, against the catalogue.",
                remedy="Somebody else decided on it. Reset the platform's data (`make reset`) for a clean demo.",
            )
        stage.findings.count("decisions found")
        if item.version == _last_approved(item):
            await _found_by_search(reader, item)  # an earlier run may have ended between the two
    elif rejection is not None:
        await reviewer.reviewing.reject(item.submission_id, rejection)
        stage.findings.count("versions rejected")
    else:
        await reviewer.reviewing.approve(item.submission_id)
        approved_at = time.monotonic()
        await _found_by_search(reader, item)
        stage.findings.searchable.seconds.append(time.monotonic() - approved_at)
        stage.findings.count("versions approved")


def _last_approved(item: Submitted) -> str:
    approved = item.plugin.approved
    return approved[-1].version if approved else ""


async def _found_by_search(reader: Person, item: Submitted) -> None:
    """Ask as people do, by the plugin's name, until the answer shows this version (or a newer one)."""

    async def probe() -> bool | None:
        page = await reader.browsing.search(q=item.plugin.name)
        for found in page["items"]:
            if found["id"] == item.plugin.id:
                return True if sort_key(found["latest_version"]) >= sort_key(item.version) else None
        return None

    what = f"a search for {item.plugin.name!r} shows version {item.version}"
    await wait_for(probe, what=what, seconds=_SEARCH_SECONDS, interval_seconds=_POLL_SECONDS)
