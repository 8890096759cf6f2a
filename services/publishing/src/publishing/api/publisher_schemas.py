"""Bodies of trusted publishing."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from publishing.domain.assertions import MAX_ASSERTION_LENGTH
from publishing.domain.trusted_publishing import MAX_CLAIM_LENGTH, Publisher, TrustedIssuer

_MAX_CLAIMS = 20


class NewPublisher(BaseModel):
    """A job to trust."""

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(max_length=50, examples=["github"])
    claims: dict[str, str] = Field(
        max_length=_MAX_CLAIMS,
        description=f"What its identity tokens say, each 1 to {MAX_CLAIM_LENGTH} characters; 'issuers' of the list says"
        " which are needed. A value without '@' is good for every git reference.",
        examples=[{"repository_id": "123456", "repository_owner_id": "789", "environment": "release"}],
    )


class PublisherView(BaseModel):
    """A job that is trusted."""

    id: UUID
    issuer: str
    claims: dict[str, str]
    created_by: UUID = Field(description="The account for which it publishes.")
    created_at: datetime

    @classmethod
    def of(cls, publisher: Publisher) -> "PublisherView":
        """Show a publisher."""
        return cls(
            id=publisher.id,
            issuer=publisher.issuer,
            claims=dict(publisher.claims),
            created_by=publisher.created_by,
            created_at=publisher.created_at,
        )


class IssuerView(BaseModel):
    """Another platform whose jobs can be trusted."""

    name: str
    audience: str = Field(description="For whom the job asks its identity token.")
    ids: list[str] = Field(description="Claims that have to be pinned: numeric ids.")
    narrowing: list[str] = Field(description="Claims that may be pinned besides.")

    @classmethod
    def of(cls, issuer: TrustedIssuer) -> "IssuerView":
        """Show an issuer."""
        return cls(name=issuer.name, audience=issuer.audience, ids=list(issuer.ids), narrowing=list(issuer.narrowing))


class PublisherList(BaseModel):
    """A plugin's trusted publishers, and whom else it could trust."""

    items: list[PublisherView]
    issuers: list[IssuerView]


class AssertionBody(BaseModel):
    """A job that asks."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    plugin_id: str = Field(max_length=64)
    token: SecretStr = Field(max_length=MAX_ASSERTION_LENGTH, description="The identity token of the job's platform.")


class PublishingTokenView(BaseModel):
    """A token to publish one plugin."""

    token: str = Field(description="Sent as 'Authorization: Bearer …'. Shown only once.")
    expires_at: datetime
