"""Users write reviews, change them and take one back."""

from demo.errors import CheckFailedError
from demo.journey.stage import Stage, Visitor
from demo.preparation import Plugin
from demo.waiting import wait_for

_REVIEWS_EACH = 3
_RATING_SECONDS = 120.0
_TEXTS = {5: "Does exactly what it says.", 4: "Good, with small gaps.", 3: "It works."}


async def judge(stage: Stage) -> None:
    """Let every user review some of their plugins, and see the ratings.

    Raises
    ------
    CheckFailedError
        A review is not as it was written.
    DidNotHappenError
        A rating did not become visible.
    """
    chosen = [(visitor, plugin) for visitor in stage.visitors for plugin in visitor.plugins[:_REVIEWS_EACH]]
    with stage.steps.step("Writing reviews", len(chosen)) as advance:
        for number, (visitor, plugin) in enumerate(chosen):
            await _review(visitor, plugin, rating=5 - number % len(_TEXTS))
            stage.findings.count("reviews written")
            advance(1)
    for visitor in stage.visitors:
        if visitor.plugins:
            await _change_mind(stage, visitor, visitor.plugins[0])


async def _review(visitor: Visitor, plugin: Plugin, *, rating: int) -> None:
    text = _TEXTS[rating]
    await visitor.person.installing.write_review(plugin.id, rating=rating, text=text)
    mine = await visitor.person.installing.find_review(plugin.id)
    if mine is None or (mine["rating"], mine["text"]) != (rating, text):
        raise CheckFailedError(
            f"The review of {plugin.name} is {mine} after it was written.", remedy="See `make logs S=catalog`."
        )

    async def probe() -> bool | None:
        shown = await visitor.person.browsing.find_plugin(plugin.id)
        return True if shown is not None and shown["rating"]["count"] else None

    await wait_for(probe, what=f"the rating of {plugin.name} is shown", seconds=_RATING_SECONDS)


async def _change_mind(stage: Stage, visitor: Visitor, plugin: Plugin) -> None:
    await visitor.person.installing.delete_review(plugin.id)
    if await visitor.person.installing.find_review(plugin.id) is not None:
        raise CheckFailedError(
            f"The review of {plugin.name} is there after it was deleted.", remedy="See `make logs S=catalog`."
        )
    await _review(visitor, plugin, rating=3)
    stage.findings.count("reviews deleted and written anew")
