"""What the addresses of device login take and give; names of fields are RFC 8628's where it has them."""

from pydantic import BaseModel, ConfigDict, Field

from auth.api.fields import NameField
from auth.api.token_fields import ScopesField
from auth.domain.tokens.api_tokens import IssuedToken
from auth.domain.tokens.devices import CODE_LIFE_SECONDS, INTERVAL_SECONDS, DeviceRequest
from auth.usecases.tokens.device_login import BegunLogin


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class DeviceCodeBody(_Body):
    """What a device wants."""

    client_name: NameField = Field(description="What the person is shown, and the token's name.")
    scopes: ScopesField


class DeviceCodeView(BaseModel):
    """What a device shows, and keeps."""

    device_code: str = Field(description="The device's secret, for asking.")
    user_code: str = Field(description="What the person types.", examples=["BCDF-GHJK"])
    verification_uri: str
    verification_uri_complete: str
    expires_in: int = Field(description="Seconds")
    interval: int = Field(description="Seconds between two questions")

    @classmethod
    def of(cls, begun: BegunLogin) -> "DeviceCodeView":
        """Show a login that has begun."""
        return cls(
            device_code=begun.device_code,
            user_code=begun.user_code,
            verification_uri=begun.verification_uri,
            verification_uri_complete=f"{begun.verification_uri}?user_code={begun.user_code}",
            expires_in=CODE_LIFE_SECONDS,
            interval=INTERVAL_SECONDS,
        )


class DeviceRequestView(BaseModel):
    """What a device asks for, for whoever decides."""

    client_name: str = Field(description="As the device calls itself; nobody has verified it.")
    scopes: list[str]
    device: str = Field(description="As the client described itself.", examples=["plugin-cli"])
    network: str = Field(description="The shortened address from which it asks.", examples=["203.0.113.0/24"])

    @classmethod
    def of(cls, request: DeviceRequest) -> "DeviceRequestView":
        """Show a request."""
        return cls(
            client_name=request.client_name,
            scopes=list(request.scopes),
            device=request.origin.device,
            network=request.origin.network,
        )


class DeviceDecisionBody(_Body):
    """Yes or no."""

    approve: bool


class DeviceTokenBody(_Body):
    """A device that asks."""

    device_code: str = Field(max_length=200)


class DeviceTokenView(BaseModel):
    """The device's API token."""

    access_token: str = Field(description="An API token; shown only once.")
    token_type: str = "Bearer"  # noqa: S105 - RFC 6749's word, not a secret
    expires_in: int = Field(description="Seconds")
    scope: str = Field(description="Scopes, separated by spaces.")

    @classmethod
    def of(cls, issued: IssuedToken) -> "DeviceTokenView":
        """Show a token with its secret."""
        life = issued.token.expires_at - issued.token.created_at
        return cls(
            access_token=issued.secret, expires_in=int(life.total_seconds()), scope=" ".join(issued.token.scopes)
        )
