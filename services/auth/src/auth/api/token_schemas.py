"""What the addresses of API tokens take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr

from auth.api.fields import NameField
from auth.api.token_fields import RangesField, ScopesField
from auth.domain.tokens.api_tokens import DEFAULT_DAYS, MAX_DAYS, ApiToken, IssuedToken
from contracts.api_tokens import TokenKind
from contracts.trusted_publishing import MAX_ISSUER_LENGTH, MAX_JTI_LENGTH

MAX_LEAKS = 100
_MAX_TOKEN_LENGTH = 200
_MAX_TEXT_LENGTH = 2_000

_MADE_BY: dict[TokenKind, Literal["hand", "device-login", "trusted-publishing"]] = {
    "api": "hand",
    "dev": "device-login",
    "ci": "trusted-publishing",
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewTokenBody(_Body):
    """A new token."""

    name: NameField = Field(description="To tell it from others, such as where it is used.")
    scopes: ScopesField
    expires_in_days: int = Field(default=DEFAULT_DAYS, ge=1, le=MAX_DAYS)
    source_ranges: RangesField = []


class TokenView(BaseModel):
    """A token without its secret."""

    id: UUID
    name: str
    made_by: Literal["hand", "device-login", "trusted-publishing"]
    scopes: list[str]
    source_ranges: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To five minutes; null where it never was.")
    last_used_network: str | None = Field(description="The shortened address.", examples=["203.0.113.0/24"])

    @classmethod
    def of(cls, token: ApiToken) -> "TokenView":
        """Show a token."""
        return cls.model_validate(_shown(token))


class CreatedTokenView(TokenView):
    """A token that was just made."""

    token: str = Field(description="The secret, sent as 'Authorization: Bearer …'. Shown only once.")

    @classmethod
    def of_issued(cls, issued: IssuedToken) -> "CreatedTokenView":
        """Show a token with its secret."""
        return cls.model_validate({**_shown(issued.token), "token": issued.secret})


class TokensView(BaseModel):
    """The account's tokens that have not expired."""

    tokens: list[TokenView]


class LeakBody(BaseModel):
    """A token that was found; further fields, as scanners send, are left alone."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    token: SecretStr = Field(max_length=_MAX_TOKEN_LENGTH)
    url: str | None = Field(default=None, max_length=_MAX_TEXT_LENGTH, description="Where it was found")


class LeaksBody(RootModel[LeakBody | list[LeakBody]]):
    """One token, or a list of them as GitHub's secret scanning sends it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    root: LeakBody | list[LeakBody] = Field(union_mode="left_to_right")

    def tokens(self) -> list[str]:
        """Give what was found, `MAX_LEAKS` at most."""
        leaks = self.root if isinstance(self.root, list) else [self.root]
        return [leak.token.get_secret_value() for leak in leaks[:MAX_LEAKS]]


class LeaksView(BaseModel):
    """The same answer, whether there is such a token or not."""

    accepted: Literal[True] = True


class ExchangeBody(_Body):
    """The token that the gateway holds, and the client's address."""

    token: str = Field(max_length=_MAX_TOKEN_LENGTH)
    address: str = Field(max_length=100)


class ExchangedView(BaseModel):
    """An identity, for the gateway; `expires_at` in seconds since the epoch."""

    identity: str
    expires_at: int
    source_ranges: list[str]


class MintBody(_Body):
    """An assertion that publishing has verified, and what to make for it."""

    account_id: UUID
    plugin_id: str = Field(max_length=64)
    name: NameField
    issuer: str = Field(max_length=MAX_ISSUER_LENGTH)
    jti: str = Field(max_length=MAX_JTI_LENGTH)
    assertion_expires_at: int = Field(ge=0, le=9_999_999_999)
    address: str = Field(max_length=100)


class MintedView(BaseModel):
    """A publishing token; `expires_at` in seconds since the epoch."""

    token: str
    expires_at: int


def _shown(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "made_by": _MADE_BY[token.kind],
        "scopes": list(token.scopes),
        "source_ranges": list(token.source_ranges),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "last_used_network": token.last_used_network,
    }
