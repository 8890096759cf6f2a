"""Visitors disable, enable, set and update what they installed."""

from demo.api.shapes import Install
from demo.errors import CheckFailedError
from demo.families import FAMILIES
from demo.journey.install import KNOWN_SECONDS
from demo.journey.stage import Stage, Visitor
from demo.preparation import Plugin
from demo.waiting import wait_for


async def manage(stage: Stage) -> None:
    """Change every visitor's installs, and check that each change holds and that wrong settings are refused.

    Raises
    ------
    CheckFailedError
        A change was lost, or wrong settings were accepted.
    """
    total = sum(len(visitor.plugins) for visitor in stage.visitors)
    with stage.steps.step("Setting, disabling, updating", total) as advance:
        for visitor in stage.visitors:
            for plugin in visitor.plugins:
                await _configure(stage, visitor, plugin)
                await _switch(stage, visitor, plugin)
                await _update(stage, visitor, plugin)
                advance(1)


async def _configure(stage: Stage, visitor: Visitor, plugin: Plugin) -> None:
    family = FAMILIES[plugin.entry.family]
    errors = await visitor.person.installing.refused_settings(plugin.id, family.invalid)
    pointer = f"/settings{family.invalid_pointer}"
    if pointer not in {error.get("pointer") for error in errors}:
        raise CheckFailedError(
            f"{plugin.name}: wrong settings were refused without naming {pointer}: {errors}.",
            remedy="See `make logs S=installs`.",
        )
    stage.findings.count("wrong settings refused")
    changed = await visitor.person.installing.change(plugin.id, {"settings": dict(family.valid)})
    _check(plugin, "settings", {**changed["settings"], **family.valid}, changed["settings"])
    stage.findings.count("settings changed")


async def _switch(stage: Stage, visitor: Visitor, plugin: Plugin) -> None:
    for enabled in (False, True):
        changed = await visitor.person.installing.change(plugin.id, {"enabled": enabled})
        _check(plugin, "enabled", enabled, changed["enabled"])
    stage.findings.count("plugins disabled and enabled")


async def _update(stage: Stage, visitor: Visitor, plugin: Plugin) -> None:
    newest = plugin.approved[-1].version
    if newest == plugin.approved[0].version:
        return

    async def probe() -> Install | None:
        return await visitor.person.installing.update(plugin.id, newest)

    changed = await wait_for(probe, what=f"{plugin.name} can be updated to {newest}", seconds=KNOWN_SECONDS)
    _check(plugin, "version", newest, changed["version"])
    _check(plugin, "update_available", False, changed["update_available"])
    stage.findings.count("plugins updated")


def _check(plugin: Plugin, field: str, expected: object, found: object) -> None:
    if expected != found:
        raise CheckFailedError(
            f"{plugin.name}: {field} is {found!r} after it was set to {expected!r}.",
            remedy="See `make logs S=installs`.",
        )
