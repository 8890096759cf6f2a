"""Who may do what: how a rule is read. The rules themselves are in `contracts.policy_table`.

A decision has two halves, because only the service that owns a thing knows whose it is: `refusal` looks at who asks,
`permits` at what the thing is to whoever asks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from fnmatch import fnmatchcase
from typing import Literal
from uuid import UUID

from contracts.identity import IdentityClaims, OrganisationRole


class Needs(StrEnum):
    """Who somebody has to be. Roles do not include each other; every account is a user."""

    ANYONE = "anyone"
    IDENTITY = "visitor or account"
    ACCOUNT = "user"
    DEVELOPER = "developer"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


class Ownership(StrEnum):
    """What a thing is to whoever asks for it."""

    OWN = "own"
    ORGANISATION_OWNER = "organisation owner"
    ORGANISATION_MAINTAINER = "organisation maintainer"
    ORGANISATION_MEMBER = "organisation member"
    FOREIGN = "another's"


class Refusal(Enum):
    """Why somebody may not."""

    NOT_SIGNED_IN = "not signed in"
    NO_ROLE = "lacks the role"
    LIMITED = "its API token is not for this"
    NOT_RECENT = "authentication is too long ago"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    Parameters
    ----------
    operation
        Its name, such as ``plugin.update``.
    routes
        ``METHOD /path`` of each route, without the API's prefix.
    needs
        Who somebody has to be.
    of
        What the thing has to be to them; None where an address always means the caller's own, or nobody's.
    hidden
        Whether somebody else's thing is answered as if there were none (404), not as forbidden (403). Of an
        organisation's thing its members know; to them the answer is always 403.
    action
        What an API token must be for; None where no token is taken.
    plugin
        How a token's pattern finds the plugin: in the ``path``, or as the use case has ``found`` it. None where the
        operation is not about one plugin: then only a token for all plugins is taken.
    recent
        Whether the caller must have proved who they are within `contracts.identity.RECENT_AUTHENTICATION_SECONDS`.
    """

    operation: str
    routes: tuple[str, ...]
    needs: Needs
    of: frozenset[Ownership] | None = None
    hidden: bool = False
    action: str | None = None
    plugin: Literal["path", "found"] | None = None
    recent: bool = False


def refusal(rule: Rule, identity: IdentityClaims | None, *, is_recent: bool, plugin_id: str | None) -> Refusal | None:
    """Say why a caller may not, as far as it lies in who they are; None where they may.

    Parameters
    ----------
    is_recent
        Whether they proved who they are a short while ago.
    plugin_id
        The plugin that the path names, where it does.
    """
    if identity is None:
        return None if rule.needs is Needs.ANYONE else Refusal.NOT_SIGNED_IN
    if identity.scopes is not None and not _token_reaches(rule, identity.scopes, plugin_id):
        return Refusal.LIMITED
    if rule.needs in {Needs.ANYONE, Needs.IDENTITY}:
        return None
    if identity.kind != "user":
        return Refusal.NOT_SIGNED_IN
    if rule.needs.value not in {"user", *identity.roles}:
        return Refusal.NO_ROLE
    return None if is_recent or not rule.recent else Refusal.NOT_RECENT


def ownership(identity: IdentityClaims, *, account: UUID | None = None, organisation: UUID | None = None) -> Ownership:
    """Say what a thing of an account or of an organisation is to a caller."""
    if organisation is not None:
        return relation_of(next((each.role for each in identity.organisations if each.id == organisation), None))
    return Ownership.OWN if account is not None and account == identity.sub else Ownership.FOREIGN


def relation_of(role: OrganisationRole | None) -> Ownership:
    """Say what an organisation's thing is to whoever has this role there, or none."""
    return Ownership.FOREIGN if role is None else _BY_ROLE[role]


def permits(rule: Rule, relation: Ownership) -> bool:
    """Say whether a thing that is this to the caller is one that the rule is for."""
    return rule.of is None or relation in rule.of


def scope_reaches(scopes: Iterable[str] | None, action: str | None, plugin_id: str) -> bool:
    """Say whether a caller's token, if it is one, permits an action on a plugin that a use case has found."""
    return scopes is None or any(fnmatchcase(plugin_id, pattern) for pattern in _patterns(scopes, action))


def _token_reaches(rule: Rule, scopes: tuple[str, ...], plugin_id: str | None) -> bool:
    if rule.action is None:
        return False
    if rule.plugin == "path" and plugin_id is not None:
        return scope_reaches(scopes, rule.action, plugin_id)
    found = list(_patterns(scopes, rule.action))
    return bool(found) if rule.plugin == "found" else "*" in found


def _patterns(scopes: Iterable[str], action: str | None) -> Iterator[str]:
    """Give the patterns that scopes have for an action, which itself has a colon: ``versions:publish:chart-*``.

    An action alone is for all plugins. Of `fnmatch` only ``*`` can mean anything, see `contracts.scopes`.
    """
    for scope in scopes:
        if scope == action:
            yield "*"
        elif action is not None and scope.startswith(f"{action}:"):
            yield scope.removeprefix(f"{action}:")


_BY_ROLE: dict[OrganisationRole, Ownership] = {
    "owner": Ownership.ORGANISATION_OWNER,
    "maintainer": Ownership.ORGANISATION_MAINTAINER,
    "member": Ownership.ORGANISATION_MEMBER,
}
