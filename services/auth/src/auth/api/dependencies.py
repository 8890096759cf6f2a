"""What routes are given: use cases, the caller, the cookie's policy."""

import hmac
import ipaddress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr

from auth.api.cookies import CookiePolicy
from auth.api.limit_headers import standings_of
from auth.api.mail_dependencies import MailUseCases
from auth.api.organisation_dependencies import OrganisationWiring
from auth.api.second_factor_dependencies import SecondFactorCases
from auth.api.token_dependencies import TokenWiring
from auth.usecases.administer_roles import AdministerRoles
from auth.usecases.caller import Caller
from auth.usecases.change_password import ChangePassword
from auth.usecases.delete_account import DeleteAccount
from auth.usecases.export_account import ExportAccount
from auth.usecases.list_audit import ListAudit
from auth.usecases.mint_anonymous import MintAnonymous
from auth.usecases.own_sessions import OwnSessions
from auth.usecases.register_account import RegisterAccount
from auth.usecases.register_developer import RegisterDeveloper
from auth.usecases.renew_session import RenewSession
from auth.usecases.show_account import ShowAccount
from auth.usecases.show_developer_profile import ShowDeveloperProfile
from auth.usecases.sign_in import SignIn
from auth.usecases.sign_out import SignOut
from chassis.errors import ForbiddenError
from contracts.identity import INTERNAL_TOKEN_HEADER, SESSION_HEADER

_FORWARDED_FOR = "x-forwarded-for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Everything that the composition root hands to the routes, as ``app.state.wiring``."""

    register_account: RegisterAccount
    sign_in: SignIn
    sign_out: SignOut
    own_sessions: OwnSessions
    change_password: ChangePassword
    show_account: ShowAccount
    register_developer: RegisterDeveloper
    show_developer_profile: ShowDeveloperProfile
    renew_session: RenewSession
    mint_anonymous: MintAnonymous
    list_audit: ListAudit
    second_factor: SecondFactorCases
    tokens: TokenWiring
    administer_roles: AdministerRoles
    organisations: OrganisationWiring
    mail: MailUseCases
    export_account: ExportAccount
    delete_account: DeleteAccount
    cookies: CookiePolicy
    internal_token: SecretStr


async def get_wiring(request: Request) -> Wiring:
    """Give what the composition root built."""
    wiring: Wiring = request.app.state.wiring
    return wiring


async def get_caller(request: Request) -> Caller:
    """Say who asks. Only the gateway reaches this service, and it strips these headers from what clients send."""
    return Caller(
        address=_address(request),
        session_id=request.headers.get(SESSION_HEADER),
        user_agent=request.headers.get("user-agent"),
        standings=standings_of(request),
    )


def _address(request: Request) -> str:
    # The last entry is the one that our own gateway wrote.
    forwarded = request.headers.get(_FORWARDED_FOR, "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(forwarded))
    except ValueError:
        return request.client.host if request.client else "unknown"


async def require_internal_token(request: Request, wiring: Annotated[Wiring, Depends(get_wiring)]) -> None:
    """Let only the gateway in.

    Raises
    ------
    ForbiddenError
        The shared secret is absent or wrong.
    """
    given = request.headers.get(INTERNAL_TOKEN_HEADER, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, wiring.internal_token.get_secret_value().encode()):
        raise ForbiddenError("this address is for the gateway only", remedy="Use the addresses of /docs.")


Wired = Annotated[Wiring, Depends(get_wiring)]
FromCaller = Annotated[Caller, Depends(get_caller)]
