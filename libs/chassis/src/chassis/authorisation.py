"""The policy at the routes: every route names its operation, and `contracts.policy_table` says who may.

::

    user: Annotated[IdentityClaims, Depends(permit("plugin.update"))]

Whose the thing is only the use case knows; it asks `may_touch` before it changes or shows anything.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from chassis.errors import (
    ForbiddenError,
    PlatformError,
    RecentAuthenticationRequiredError,
    TokenLimitedError,
    UnauthenticatedError,
)
from chassis.identity import IdentityVerifier, find_identity
from contracts.identity import IdentityClaims
from contracts.policy import Needs, Refusal, Rule, ownership, permits, refusal, scope_reaches
from contracts.policy_table import RULES


class PermitAnyone:
    """A dependency that gives the caller, if there is one, where the rule lets them.

    Parameters
    ----------
    operation
        Name of a rule.

    Raises
    ------
    KeyError
        There is no such rule.
    """

    def __init__(self, operation: str) -> None:
        self.rule = RULES[operation]

    async def __call__(
        self, request: Request, identity: Annotated[IdentityClaims | None, Depends(find_identity)]
    ) -> IdentityClaims | None:
        """Give the caller; raises as `check`."""
        return check(self.rule, request, identity)


class Permit(PermitAnyone):
    """A dependency that gives the caller where the rule lets them, for rules that need somebody."""

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        if self.rule.needs is Needs.ANYONE:
            raise ValueError(f"{operation} is for anyone: use permit_anyone")

    async def __call__(
        self, request: Request, identity: Annotated[IdentityClaims | None, Depends(find_identity)]
    ) -> IdentityClaims:
        """Give the caller; raises as `check`."""
        caller = check(self.rule, request, identity)
        if caller is None:
            raise UnauthenticatedError("this address needs a session")
        return caller


def permit(operation: str) -> Permit:
    """Make the dependency of a route whose rule needs somebody."""
    return Permit(operation)


def permit_anyone(operation: str) -> PermitAnyone:
    """Make the dependency of a route that anyone may call; callers without identity give None."""
    return PermitAnyone(operation)


def check(rule: Rule, request: Request, identity: IdentityClaims | None) -> IdentityClaims | None:
    """Let a caller pass as far as it lies in who they are.

    Raises
    ------
    UnauthenticatedError
        Nobody is signed in, and somebody must be.
    ForbiddenError
        The account lacks the role.
    TokenLimitedError
        The API token is not for this.
    RecentAuthenticationRequiredError
        The caller proved who they are too long ago.
    """
    verifier: IdentityVerifier = request.app.state.identity_verifier
    is_recent = identity is not None and rule.recent and verifier.is_recent(identity)
    found = refusal(rule, identity, is_recent=is_recent, plugin_id=request.path_params.get("plugin_id"))
    if found is not None:
        raise _error(rule, found)
    return identity


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
        raise _error(rule, Refusal.LIMITED)
    return True


def _error(rule: Rule, found: Refusal) -> PlatformError:
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
