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

Role = Literal["user", "developer", "reviewer", "administrator"]
Kind = Literal["user", "anonymous"]


class IdentityClaims(BaseModel):
    """The claims of an identity token.

    `sub` is the account's id for a user and the anonymous owner's id for a visitor; `name` is what others may see
    (a developer's display name where there is one); `sid` is a prefix of the session's hash, for revocation and audit;
    `iat` and `exp` are seconds since the epoch.
    """

    model_config = ConfigDict(frozen=True)

    sub: UUID
    kind: Kind
    roles: tuple[Role, ...] = ()
    name: str = ""
    sid: str = ""
    iss: str = ISSUER
    aud: str = AUDIENCE
    iat: int = Field(ge=0)
    exp: int = Field(ge=0)
