"""Who is calling: the claims of the identity token that auth signs and every service verifies."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

ISSUER = "plugin-platform/auth"
AUDIENCE = "plugin-platform"
ALGORITHM = "EdDSA"
IDENTITY_HEADER = "x-identity"
"""Header in which the gateway hands the signed token to a service; clients' own is stripped."""

SESSION_HEADER = "x-session"
"""Header in which the gateway hands the raw session id to auth only; clients' own is stripped."""

INTERNAL_TOKEN_HEADER = "x-internal-token"  # noqa: S105 - the name of a header, not a secret
"""Header with the secret that the gateway and auth share for ``/internal/…``."""

MAX_TOKEN_LIFE_SECONDS = 300
"""A token lives five minutes at most, so that a right that ended ends everywhere (design, section 7)."""

RECENT_AUTHENTICATION_SECONDS = 600
"""How long after proving who one is an account may do what takes a recent authentication."""

DELETED_NAME = "Deleted account"
"""What stands where others saw the name of an account that is no more."""

Role = Literal["user", "developer", "reviewer", "administrator"]
Kind = Literal["user", "anonymous"]
OrganisationRole = Literal["owner", "maintainer", "member"]
Method = Literal["password", "totp", "webauthn", "recovery-code", "device"]
"""How somebody proved who they are."""


class Membership(BaseModel):
    """What an account is in an organisation, whose `name` is public."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    role: OrganisationRole
    name: str


class IdentityClaims(BaseModel):
    """The claims of an identity token.

    `sub` is the account's id for a user and the anonymous owner's id for a visitor; `name` is what others may see
    (a developer's display name where there is one); `sid` is a prefix of the hash of the session or API token, for
    revocation and audit; `authenticated_at` is when the session's holder last proved who they are, by `methods`, and 0
    where nobody did (visitors, API tokens); `scopes` is None for a session, which may do all that its account may, and
    else what the API token is limited to, each ``action`` or ``action:plugin pattern``; `iat`, `exp` and
    `authenticated_at` are seconds since the epoch.
    """

    model_config = ConfigDict(frozen=True)

    sub: UUID
    kind: Kind
    roles: tuple[Role, ...] = ()
    name: str = ""
    sid: str = ""
    authenticated_at: int = Field(default=0, ge=0)
    methods: tuple[Method, ...] = ()
    organisations: tuple[Membership, ...] = ()
    scopes: tuple[str, ...] | None = None
    iss: str = ISSUER
    aud: str = AUDIENCE
    iat: int = Field(ge=0)
    exp: int = Field(ge=0)
