"""Visitors open an account, or come back to it: what they installed without one is theirs."""

import httpx

from demo.errors import CheckFailedError
from demo.journey.install import InstallCounts
from demo.journey.stage import Stage, Visitor
from demo.waiting import wait_for

_CLAIM_SECONDS = 120.0


async def claim(stage: Stage, counts: InstallCounts) -> None:
    """Sign every visitor up (or in, where an earlier run did), and see their installs belong to the account.

    Raises
    ------
    DidNotHappenError
        An install did not move.
    CheckFailedError
        The old anonymous session still shows what was moved.
    """
    with stage.steps.step("Signing up, and keeping the installs", len(stage.visitors)) as advance:
        for visitor in stage.visitors:
            await _claim(stage, visitor, counts)
            advance(1)


async def _claim(stage: Stage, visitor: Visitor, counts: InstallCounts) -> None:
    person = visitor.person
    anonymous_session = person.caller.session
    registration = await person.register(visitor.credentials)
    if not registration.is_new:
        await _note_doubles(stage, visitor, counts, in_doubt=registration.in_doubt)
        await person.sign_in(visitor.credentials)
    stage.findings.count("visitors signed up" if registration.is_new else "visitors signed in")
    me = await person.accounts.me()
    if me["kind"] != "user" or not me["user"] or me["user"]["email"] != visitor.credentials.email:
        raise CheckFailedError(f"After sign-in the session is {me['kind']}.", remedy="See `make logs S=auth`.")
    expected = {plugin.id for plugin in visitor.plugins}

    async def probe() -> set[str] | None:
        owned = {item["plugin_id"] for item in await person.installing.installs()}
        return owned if expected <= owned else None

    what = f"the installs of {visitor.credentials.name} belong to the account"
    await wait_for(probe, what=what, seconds=_CLAIM_SECONDS)
    stage.findings.count("anonymous installs kept by accounts", len(expected))
    if anonymous_session:
        await _old_session_is_dead(stage, visitor, anonymous_session)


async def _note_doubles(stage: Stage, visitor: Visitor, counts: InstallCounts, *, in_doubt: bool) -> None:
    """Of what the account has from an earlier run, two installs will become one."""
    elsewhere = await stage.people.join(visitor.credentials.name)
    await elsewhere.sign_in(visitor.credentials)
    owned = {item["plugin_id"] for item in await elsewhere.installing.installs()}
    doubles = owned & {plugin.id for plugin in visitor.plugins}
    counts.change.subtract(doubles)
    if in_doubt:
        counts.uncertain.update(doubles)  # or the account is new, and these are the installs that just moved


async def _old_session_is_dead(stage: Stage, visitor: Visitor, session: str) -> None:
    stranger = await stage.people.join("Stranger")
    stranger.caller.use_session(session)
    answer = await stranger.caller.call(
        "GET", "/api/v1/user/plugins", expect=(httpx.codes.OK, httpx.codes.UNAUTHORIZED)
    )
    if answer.status == httpx.codes.OK and answer.json()["items"]:
        raise CheckFailedError(
            f"The anonymous session that {visitor.credentials.name} had still shows their plugins.",
            remedy="See `make logs S=auth`.",
        )
