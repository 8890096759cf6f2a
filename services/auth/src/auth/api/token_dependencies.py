"""The use cases of API tokens and of device login."""

from dataclasses import dataclass

from auth.usecases.tokens.device_login import DeviceLogin
from auth.usecases.tokens.exchange_token import ExchangeToken
from auth.usecases.tokens.mint_publishing_token import MintPublishingToken
from auth.usecases.tokens.own_tokens import OwnTokens
from auth.usecases.tokens.report_leaks import ReportLeaks


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWiring:
    """What the routes of this area call."""

    own: OwnTokens
    exchange: ExchangeToken
    report_leaks: ReportLeaks
    mint_publishing: MintPublishingToken
    device_login: DeviceLogin
