"""Whether a thing that a use case has found is within the caller's rights; without any framework, as use cases are."""

from uuid import UUID

from chassis.errors import (
    ForbiddenError,
    PlatformError,
    RecentAuthenticationRequiredError,
    TokenLimitedError,
    UnauthenticatedError,
)
from contracts.identity import IdentityClaims
from contracts.policy import Needs, Refusal, Rule, ownership, permits, scope_reaches
from contracts.policy_table import RULES


def may_touch(
    operation: str,
    caller: IdentityClaims,
    *,
    account: UUID | None = None,
    organisation: UUID | None = None,
    plugin_id: str | None = None,
) -> bool:
    """Say whether a thing of an account or organisation is within the caller's rights.

    Parameters
    ----------
    plugin_id
        The plugin that it is about, where no path names it.

    Raises
    ------
    TokenLimitedError
        It is, but the API token is not for this plugin.
    """
    rule = RULES[operation]
    if not permits(rule, ownership(caller, account=account, organisation=organisation)):
        return False
    if plugin_id is not None and not scope_reaches(caller.scopes, rule.action, plugin_id):
        raise refusal_error(rule, Refusal.LIMITED)
    return True


def refusal_error(rule: Rule, found: Refusal) -> PlatformError:
    """Give the error that says why somebody may not."""
    match found:
        case Refusal.NOT_SIGNED_IN:
            needed = "a session" if rule.needs is Needs.IDENTITY else "a signed-in account"
            return UnauthenticatedError(f"this address needs {needed}")
        case Refusal.NO_ROLE:
            return ForbiddenError(f"this address needs the role {rule.needs.value!r}")
        case Refusal.LIMITED:
            needed = f"the scope {rule.action!r} for this plugin" if rule.action else "a session: no token is taken"
            return TokenLimitedError(f"this address needs {needed}")
        case Refusal.NOT_RECENT:
            return RecentAuthenticationRequiredError("you proved who you are too long ago for this")
