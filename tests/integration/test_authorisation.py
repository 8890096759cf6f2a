"""The table of rights, every cell of it, as the running platform answers."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from contracts.identity import IDENTITY_HEADER, RECENT_AUTHENTICATION_SECONDS
from contracts.policy import Needs, Ownership, Rule
from contracts.policy_table import RULES
from gateway.routes import RouteTable, SessionUse, build_routes
from testkit.identities import TokenSigner
from testkit.people import API, People
from testkit.platform import RunningPlatform

from .authorisation_cast import Actor, Cast
from .authorisation_probes import LAST, PROBES, Answer, Probe

COLUMNS = ("nobody", "visitor", "user", "developer", "reviewer", "administrator")
TABLE = RouteTable(build_routes(upload_limit_bytes=0))


@pytest.fixture(scope="module")
async def cast(platform: RunningPlatform) -> AsyncIterator[Cast]:
    people = People(platform)
    cast = Cast(people, reviewer=platform.reviewer, administrator=platform.administrator)
    await cast.assemble()
    yield cast
    await people.leave()


class Deviations:
    """What does not answer as the table says."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self.tried = 0

    def compare(self, route: str, who: str, wanted: tuple[Answer, ...], answer: httpx.Response) -> None:
        """Note an answer that is none of those that are wanted."""
        self.tried += 1
        is_problem = "problem" in answer.headers.get("content-type", "")
        found = (answer.status_code, answer.json()["code"] if is_problem else None)
        if found not in wanted:
            self._rows.append(f"{route:70} {who:40} wanted {wanted}, found {found}")

    def assert_none(self) -> None:
        """Show them all."""
        assert not self._rows, f"{len(self._rows)} of {self.tried} cells deviate:\n" + "\n".join(self._rows)


def routes() -> Iterator[tuple[Rule, str]]:
    found = [(rule, route) for rule in RULES.values() for route in rule.routes]
    yield from sorted(found, key=lambda each: each[1] == LAST)


def upstream(route: str) -> tuple[str, SessionUse]:
    found = TABLE.find(API + route.partition(" ")[2])
    assert found is not None, route
    return found.upstream, found.session


def request(
    client: httpx.AsyncClient, base: str, route: str, ids: Mapping[str, str], headers: Mapping[str, str] = {}
) -> httpx.Request:
    probe = PROBES[route]
    ids = {**ids, **probe.ids}
    method, _, path = route.partition(" ")
    return client.build_request(
        method,
        base + path.format_map(ids),
        json=_filled(probe.body, ids),
        content=probe.content,
        headers={**probe.headers, **headers},
    )


def _filled(body: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, ids) for key, value in body.items()}
    return body.format_map(ids) if isinstance(body, str) else body


def may(rule: Rule, column: str) -> bool:
    least = {Needs.ANYONE: "nobody", Needs.IDENTITY: "visitor", Needs.ACCOUNT: "user"}.get(rule.needs)
    return column == rule.needs.value if least is None else COLUMNS.index(column) >= COLUMNS.index(least)


def expected(rule: Rule, probe: Probe, column: str, relation: Ownership | None) -> tuple[Answer, ...]:
    """Read the table as its reader does."""
    if not may(rule, column):
        signed_in = column not in {"nobody", "visitor"}
        return ((403, "forbidden"),) if signed_in else ((401, "unauthenticated"),)
    if rule.of is None or relation in rule.of:
        return probe.allowed
    if relation is not Ownership.FOREIGN:
        return ((403, probe.member),)
    return ((404 if rule.hidden else 403, probe.foreign),)


def test_every_route_has_a_probe() -> None:
    assert sorted(PROBES) == sorted(route for _, route in routes())


async def test_everybody_may_what_the_table_says(platform: RunningPlatform, cast: Cast) -> None:
    deviations = Deviations()
    for rule, route in routes():
        for actor in cast.actors:
            for relation in (None,) if rule.of is None else Ownership:
                ids = await cast.ids(route, actor, relation)
                if ids is None:
                    continue
                # The gateway makes a visitor of nobody who changes something of their own.
                is_made_visitor = actor.name == "nobody" and re.match(r"(POST|PUT|PATCH|DELETE) /user/", route)
                column = "visitor" if is_made_visitor else actor.name
                answer = await actor.ask(request(actor.browser, platform.gateway_url + API, route, ids))
                who = f"{actor.name}, {relation.value}" if relation else actor.name
                deviations.compare(route, who, expected(rule, PROBES[route], column, relation), answer)
    deviations.assert_none()


async def test_a_long_past_authentication_is_no_recent_one(
    platform: RunningPlatform, cast: Cast, token_for: TokenSigner
) -> None:
    deviations = Deviations()
    too_old = RECENT_AUTHENTICATION_SECONDS + 1
    for rule, route in routes():
        if not rule.recent:
            continue
        actor, ids = await typical(cast, rule, route)
        token = token_for(subject=actor.user_id, roles=actor.roles, authenticated_seconds_ago=too_old)
        answer = await ask_service(platform, route, ids, token)
        deviations.compare(route, "authenticated long ago", ((403, "recent_authentication_required"),), answer)
    deviations.assert_none()


async def test_api_tokens_reach_what_the_table_says(
    platform: RunningPlatform, cast: Cast, token_for: TokenSigner
) -> None:
    deviations = Deviations()
    limited: tuple[Answer, ...] = ((403, "token_limited"),)
    for rule, route in routes():
        if upstream(route)[1] is SessionUse.IGNORED:
            continue  # the gateway hands no identity on
        actor, ids = await typical(cast, rule, route)
        for scopes, is_enough in scopes_for(rule, {**ids, **PROBES[route].ids}):
            token = token_for(subject=actor.user_id, roles=actor.roles, scopes=scopes, authenticated_seconds_ago=10**6)
            answer = await ask_service(platform, route, ids, token)
            wanted = PROBES[route].allowed if is_enough else limited
            deviations.compare(route, f"token for {', '.join(scopes) or 'nothing'}", wanted, answer)
    deviations.assert_none()


async def typical(cast: Cast, rule: Rule, route: str) -> tuple[Actor, dict[str, str]]:
    """Give somebody who may, and what they may do it to."""
    actor = cast.find("user" if rule.needs in {Needs.ANYONE, Needs.IDENTITY, Needs.ACCOUNT} else rule.needs.value)
    relation = None if rule.of is None else next(each for each in Ownership if each in rule.of)
    ids = await cast.ids(route, actor, relation)
    assert ids is not None
    return actor, ids


async def ask_service(platform: RunningPlatform, route: str, ids: Mapping[str, str], token: str) -> httpx.Response:
    """Ask behind the gateway, with a token that it might have handed on."""
    base = platform.service_url(upstream(route)[0]) + API
    async with httpx.AsyncClient() as client:
        return await client.send(request(client, base, route, ids, {IDENTITY_HEADER: token}))


def scopes_for(rule: Rule, ids: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Give scopes, and whether they are enough."""
    action, plugin_id = rule.action, ids.get("plugin_id", "")
    yield (), False
    if action is None:
        every = {each.action for each in RULES.values() if each.action}
        yield tuple(sorted(every)), False
        return
    yield (action,), True
    yield (f"{action}:another-plugin",), False
    yield ("nothing:known",), False
    if rule.plugin is not None:
        yield (f"{action}:{plugin_id[:4]}*",), True
