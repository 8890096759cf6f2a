"""How rules are read."""

import time
from uuid import UUID, uuid4

import pytest

from contracts.identity import IdentityClaims, Kind, Membership, Role
from contracts.policy import Needs, Ownership, Refusal, Rule, ownership, permits, refusal, scope_reaches

ORGANISATION = uuid4()


def who(
    *roles: Role, kind: Kind = "user", scopes: tuple[str, ...] | None = None, organisations: tuple[Membership, ...] = ()
) -> IdentityClaims:
    now = int(time.time())
    return IdentityClaims(
        sub=uuid4(), kind=kind, roles=roles, scopes=scopes, organisations=organisations, iat=now, exp=now + 60
    )


def rule(needs: Needs = Needs.ACCOUNT, **more: object) -> Rule:
    return Rule(operation="test", routes=(), needs=needs, **more)  # type: ignore[arg-type]  # the fields of a rule


NOBODY = None
VISITOR = who(kind="anonymous")
USER = who("user")
DEVELOPER = who("user", "developer")


@pytest.mark.parametrize(
    ("needs", "identity", "expected"),
    [
        (Needs.ANYONE, NOBODY, None),
        (Needs.ANYONE, VISITOR, None),
        (Needs.IDENTITY, NOBODY, Refusal.NOT_SIGNED_IN),
        (Needs.IDENTITY, VISITOR, None),
        (Needs.ACCOUNT, VISITOR, Refusal.NOT_SIGNED_IN),
        (Needs.ACCOUNT, USER, None),
        (Needs.DEVELOPER, USER, Refusal.NO_ROLE),
        (Needs.DEVELOPER, DEVELOPER, None),
        (Needs.REVIEWER, DEVELOPER, Refusal.NO_ROLE),
        (Needs.ADMINISTRATOR, who("user", "reviewer"), Refusal.NO_ROLE),
        (Needs.REVIEWER, who("user", "administrator"), Refusal.NO_ROLE),
    ],
)
def test_roles(needs: Needs, identity: IdentityClaims | None, expected: Refusal | None) -> None:
    assert refusal(rule(needs), identity, is_recent=True, plugin_id=None) is expected


def test_a_long_past_authentication_is_not_recent() -> None:
    assert refusal(rule(recent=True), USER, is_recent=False, plugin_id=None) is Refusal.NOT_RECENT
    assert refusal(rule(recent=True), USER, is_recent=True, plugin_id=None) is None


@pytest.mark.parametrize(
    ("scopes", "action", "plugin", "plugin_id", "is_refused"),
    [
        ((), "publish", "path", "chart", True),
        (("publish",), None, None, None, True),
        (("publish",), "publish", "path", "chart", False),
        (("publish:chart",), "publish", "path", "chart", False),
        (("publish:chart",), "publish", "path", "charts", True),
        (("publish:chart-*",), "publish", "path", "chart-js", False),
        (("publish:*-js",), "publish", "path", "chart-js", False),
        (("publish:Chart",), "publish", "path", "chart", True),
        (("read:chart", "publish:other"), "publish", "path", "chart", True),
        (("read:chart",), "read", None, None, True),
        (("read",), "read", None, None, False),
        (("read:chart",), "read", "found", None, False),
        (("publish:chart",), "read", "found", None, True),
        (("versions:publish:chart-*",), "versions:publish", "path", "chart-js", False),
        (("versions:publish:chart-*",), "versions:publish", "path", "map", True),
        (("versions:publish:chart-*",), "versions:withdraw", "path", "chart-js", True),
        (("versions:publish",), "versions:publish", "path", "chart-js", False),
        (("plugins:read",), "plugins:read", None, None, False),
        (("plugins:read:chart",), "plugins:read", None, None, True),
    ],
)
def test_a_token_reaches_what_its_scopes_name(
    scopes: tuple[str, ...], action: str | None, plugin: str | None, plugin_id: str | None, *, is_refused: bool
) -> None:
    for needs in (Needs.ANYONE, Needs.ACCOUNT):
        found = refusal(
            rule(needs, action=action, plugin=plugin), who("user", scopes=scopes), is_recent=True, plugin_id=plugin_id
        )
        assert (found is Refusal.LIMITED) is is_refused


def test_what_a_use_case_has_found_is_held_against_the_pattern() -> None:
    assert scope_reaches(None, None, "chart")
    assert scope_reaches(("publish:chart-*",), "publish", "chart-js")
    assert not scope_reaches(("publish:chart-*",), "publish", "map")
    assert not scope_reaches(("publish:chart-*",), None, "chart-js")


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("owner", Ownership.ORGANISATION_OWNER),
        ("maintainer", Ownership.ORGANISATION_MAINTAINER),
        ("member", Ownership.ORGANISATION_MEMBER),
        (None, Ownership.FOREIGN),
    ],
)
def test_an_organisation_s_thing_is_what_the_membership_says(role: str | None, expected: Ownership) -> None:
    memberships = [{"id": ORGANISATION, "role": role, "name": "Charts"}] if role else []
    caller = who("user", organisations=tuple(Membership.model_validate(each) for each in memberships))
    assert ownership(caller, organisation=ORGANISATION) is expected
    assert ownership(caller, account=caller.sub, organisation=uuid4()) is Ownership.FOREIGN


def test_an_account_s_thing_is_its_own_or_foreign() -> None:
    assert ownership(USER, account=USER.sub) is Ownership.OWN
    assert ownership(USER, account=UUID(int=0)) is Ownership.FOREIGN
    assert ownership(USER) is Ownership.FOREIGN


def test_a_rule_without_ownership_takes_any_thing() -> None:
    assert permits(rule(), Ownership.FOREIGN)
    assert permits(rule(of=frozenset({Ownership.OWN})), Ownership.OWN)
    assert not permits(rule(of=frozenset({Ownership.OWN})), Ownership.FOREIGN)
