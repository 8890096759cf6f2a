"""The policy at the routes: every route names its operation, and `contracts.policy_table` says who may.

::

    user: Annotated[IdentityClaims, Depends(permit("plugin.update"))]

Whose the thing is only the use case knows; it asks `chassis.rights` before it changes or shows anything.
"""

from typing import Annotated

from fastapi import Depends, Request

from chassis.errors import UnauthenticatedError
from chassis.identity import IdentityVerifier, find_identity
from chassis.rights import refusal_error
from contracts.identity import IdentityClaims
from contracts.policy import Needs, Rule, refusal
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
        raise refusal_error(rule, found)
    return identity
