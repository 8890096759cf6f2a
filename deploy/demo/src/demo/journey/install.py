"""Visitors without an account install plugins; each install is timed until everybody sees it counted."""

import asyncio
import time
from collections import Counter

from demo.api.installing import Installed
from demo.errors import CheckFailedError
from demo.journey.stage import Stage, Visitor
from demo.people import VISITORS
from demo.preparation import Plugin
from demo.progress import Advance
from demo.waiting import wait_for

_PLUGINS_EACH = 8
_COUNT_SECONDS = 180.0
"""Far above the target: programs of the platform may be killed meanwhile."""

KNOWN_SECONDS = 120.0
_POLL_SECONDS = 0.25


class InstallCounts:
    """What the public install counts must come to.

    Attributes
    ----------
    before
        The counts that were shown before this run, by plugin id.
    change
        What this run adds to them.
    uncertain
        Installs of a nameless owner that may exist besides, because an answer was lost.
    """

    def __init__(self) -> None:
        self.before: dict[str, int] = {}
        self.change: Counter[str] = Counter()
        self.uncertain: Counter[str] = Counter()


async def install(stage: Stage, counts: InstallCounts) -> None:
    """Let several anonymous visitors install different plugins, an older version where there is one.

    Raises
    ------
    DidNotHappenError
        An install was not counted.
    CheckFailedError
        A visitor's list does not show what was installed.
    """
    published = stage.published
    each = min(_PLUGINS_EACH, max(len(published) // len(VISITORS), 1))
    for index, name in enumerate(VISITORS):
        # Different plugins, so that every count has one cause at a time.
        plugins = published[index * each : (index + 1) * each]
        person = await stage.people.join(name)
        stage.visitors.append(Visitor(person, stage.accounts.credentials(name), plugins))
    total = sum(len(visitor.plugins) for visitor in stage.visitors)
    with stage.steps.step("Installing, and seeing it counted", total) as advance:
        async with asyncio.TaskGroup() as group:
            for visitor in stage.visitors:
                group.create_task(_install_all(stage, visitor, counts, group, advance))
    for visitor in stage.visitors:
        await _check_list(visitor)
    stage.findings.count("anonymous visitors", len([visitor for visitor in stage.visitors if visitor.plugins]))


async def _install_all(
    stage: Stage, visitor: Visitor, counts: InstallCounts, group: asyncio.TaskGroup, advance: Advance
) -> None:
    for plugin in visitor.plugins:
        before = await _shown_count(visitor, plugin)
        counts.before[plugin.id] = before
        done = await _install(visitor, plugin)
        installed_at = time.monotonic()
        stage.findings.count("installs")
        counts.change[plugin.id] += 1
        counts.uncertain[plugin.id] += done.may_be_double
        group.create_task(_see_counted(stage, visitor, plugin, before, installed_at, advance))


async def _install(visitor: Visitor, plugin: Plugin) -> Installed:
    async def probe() -> Installed | None:
        return await visitor.person.installing.install(plugin.id, version=plugin.approved[0].version)

    # What was published a moment ago is known to everybody within seconds.
    what = f"{plugin.name} {plugin.approved[0].version} can be installed"
    return await wait_for(probe, what=what, seconds=KNOWN_SECONDS, interval_seconds=_POLL_SECONDS)


async def _see_counted(
    stage: Stage, visitor: Visitor, plugin: Plugin, before: int, installed_at: float, advance: Advance
) -> None:
    async def probe() -> bool | None:
        return True if await _shown_count(visitor, plugin) > before else None

    what = f"the install of {plugin.name} is counted"
    await wait_for(probe, what=what, seconds=_COUNT_SECONDS, interval_seconds=_POLL_SECONDS)
    stage.findings.counted.seconds.append(time.monotonic() - installed_at)
    advance(1)


async def _shown_count(visitor: Visitor, plugin: Plugin) -> int:
    shown = await visitor.person.browsing.find_plugin(plugin.id)
    if shown is None:
        raise CheckFailedError(f"{plugin.name} is not published.", remedy="Run the demo again.")
    return shown["install_count"]


async def _check_list(visitor: Visitor) -> None:
    listed = {item["plugin_id"] for item in await visitor.person.installing.installs()}
    missing = {plugin.id for plugin in visitor.plugins} - listed
    if missing:
        raise CheckFailedError(
            f"A visitor's list lacks {', '.join(sorted(missing))}.", remedy="See `make logs S=installs`."
        )
