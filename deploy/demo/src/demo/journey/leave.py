"""Users remove a plugin; at the end every public install count must be what was done."""

from demo.errors import CheckFailedError, DidNotHappenError
from demo.journey.install import InstallCounts
from demo.journey.stage import Stage
from demo.people import Person
from demo.waiting import wait_for

_SETTLE_SECONDS = 60.0
_POLL_SECONDS = 0.5


async def uninstall(stage: Stage, counts: InstallCounts) -> None:
    """Let every user remove the last of their plugins.

    Raises
    ------
    CheckFailedError
        A removed plugin is still listed.
    """
    with stage.steps.step("Removing plugins", len(stage.visitors)) as advance:
        for visitor in stage.visitors:
            for plugin in visitor.plugins[-1:]:
                await visitor.person.installing.uninstall(plugin.id)
                counts.change[plugin.id] -= 1
                if plugin.id in {item["plugin_id"] for item in await visitor.person.installing.installs()}:
                    raise CheckFailedError(
                        f"{plugin.name} is listed after it was removed.", remedy="See `make logs S=installs`."
                    )
                stage.findings.count("plugins removed")
            advance(1)


async def settle(stage: Stage, counts: InstallCounts) -> None:
    """Wait until every install count is what it was, plus what this run did.

    A count above that is noted (another client may have installed meanwhile); one below means lost installs.

    Raises
    ------
    CheckFailedError
        Installs were lost.
    """
    reader = await stage.people.join("Reader")
    above: list[str] = []
    with stage.steps.step("Comparing the install counts", len(counts.before)) as advance:
        for plugin_id in counts.before:
            above += await _settled(reader, plugin_id, counts)
            advance(1)
    stage.findings.count("install counts that agree", len(counts.before) - len(above))
    if above:
        stage.findings.notes.append(f"Install counts above what this run did: {', '.join(above)}.")


async def _settled(reader: Person, plugin_id: str, counts: InstallCounts) -> list[str]:
    expected = counts.before[plugin_id] + counts.change[plugin_id]
    allowed = range(expected, expected + counts.uncertain[plugin_id] + 1)
    shown = expected

    async def probe() -> bool | None:
        nonlocal shown
        plugin = await reader.browsing.find_plugin(plugin_id)
        shown = plugin["install_count"] if plugin else 0
        return True if shown in allowed else None

    what = f"the install count of {plugin_id} is {expected}"
    try:
        await wait_for(probe, what=what, seconds=_SETTLE_SECONDS, interval_seconds=_POLL_SECONDS)
    except DidNotHappenError:
        if shown > expected:
            return [f"{plugin_id} ({shown} instead of {expected})"]
        raise CheckFailedError(
            f"The install count of {plugin_id} is {shown}, but {expected} installs were made.",
            remedy="See `make logs S=catalog` and the dead-letter topics.",
        ) from None
    return []
