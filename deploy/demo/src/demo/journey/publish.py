"""Developers register, create their plugins and upload every version that is not there yet."""

import asyncio
from dataclasses import dataclass
from typing import Any

from contracts.categories import CATEGORIES
from demo.errors import CheckFailedError
from demo.journey.stage import Stage
from demo.people import DEVELOPERS, Person
from demo.preparation import Plugin
from demo.progress import Advance
from demo.waiting import wait_for

_PARALLEL = 4
_SCAN_SECONDS = 180.0
_UNDECIDED = frozenset({"received", "scanning"})
_DEAD_ENDS = frozenset({"refused", "withdrawn"})


@dataclass(frozen=True)
class Submitted:
    """A version in the hands of the platform.

    Parameters
    ----------
    plugin
        The plugin.
    version
        The version.
    submission_id
        Where its way can be followed.
    status
        As last seen, scanned at least.
    """

    plugin: Plugin
    version: str
    submission_id: str
    status: str


async def publish(stage: Stage) -> list[Submitted]:
    """Make sure that every version of every plugin is submitted; return them, each plugin's oldest first.

    Raises
    ------
    CheckFailedError
        The platform's scan refused a version.
    """
    developers = await _developers(stage)
    total = sum(len(plugin.packages) for plugin in stage.plugins)
    turns = asyncio.Semaphore(_PARALLEL)

    async def submit(plugin: Plugin, advance: Advance) -> list[Submitted]:
        async with turns:
            return await _submit_plugin(stage, developers[plugin.entry.category], plugin, advance)

    with stage.steps.step("Uploading versions", total) as advance:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(submit(plugin, advance)) for plugin in stage.plugins]
    submitted = [item for task in tasks for item in task.result()]
    found = stage.findings.counts["versions found"]
    if found:
        stage.steps.say(f"{found} of {total} versions were there already: an earlier run uploaded them.")
    with stage.steps.step("Waiting for the scan", total) as advance:
        async with asyncio.TaskGroup() as group:
            scans = [
                group.create_task(_scanned(developers[item.plugin.entry.category], item, turns, advance))
                for item in submitted
            ]
    return [scan.result() for scan in scans]


async def _developers(stage: Stage) -> dict[str, Person]:
    """Let every developer in; return them by the category whose plugins are theirs."""
    people: list[Person] = []
    with stage.steps.step("Registering developers", len(DEVELOPERS)) as advance:
        for name in DEVELOPERS:
            person = await stage.people.join(name)
            credentials = stage.accounts.credentials(name)
            is_new = (await person.register(credentials)).is_new
            if not is_new:
                await person.sign_in(credentials)
            await person.developing.become_developer(name)
            stage.findings.count("developers registered" if is_new else "developers found")
            people.append(person)
            advance(1)
    return {category.id: people[index % len(people)] for index, category in enumerate(CATEGORIES)}


async def _submit_plugin(stage: Stage, developer: Person, plugin: Plugin, advance: Advance) -> list[Submitted]:
    listing = await developer.developing.find_plugin(plugin.id)
    if listing is None:
        await developer.developing.create_plugin(plugin.packages[-1])
        stage.findings.count("plugins created")
    else:
        stage.findings.count("plugins found")
    known = _submissions_by_version(listing)
    submitted = []
    for package in plugin.packages:
        found = known.get(package.version)
        if found is None:
            found = dict(await developer.developing.upload(package))
            stage.findings.count("versions uploaded")
        else:
            stage.findings.count("versions found")
        submitted.append(Submitted(plugin, package.version, found["id"], found["status"]))
        advance(1)
    return submitted


def _submissions_by_version(listing: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    newest_first = listing["submissions"] if listing else []
    return {item["version"]: item for item in reversed(newest_first) if item["status"] not in _DEAD_ENDS}


async def _scanned(developer: Person, item: Submitted, turns: asyncio.Semaphore, advance: Advance) -> Submitted:
    async def probe() -> Submitted | None:
        async with turns:
            submission = await developer.developing.submission(item.submission_id)
        if submission["status"] in _DEAD_ENDS:
            findings = [finding for verdict in submission["verdicts"] for finding in verdict.get("findings", [])]
            raise CheckFailedError(
                f"{item.plugin.name} {item.version} was {submission['status']}: {findings}.",
                remedy=f"See the submission {item.submission_id}; remove the package from the catalogue.",
            )
        if submission["status"] in _UNDECIDED:
            return None
        return Submitted(item.plugin, item.version, item.submission_id, submission["status"])

    # What is past the scan is known from the listing: no need to ask.
    if item.status not in _UNDECIDED | _DEAD_ENDS:
        scanned = item
    else:
        what = f"{item.plugin.name} {item.version} was scanned"
        scanned = await wait_for(probe, what=what, seconds=_SCAN_SECONDS, interval_seconds=0.3)
    advance(1)
    return scanned
