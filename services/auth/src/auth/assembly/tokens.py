"""API tokens, trusted publishing, device login."""

from auth.api.token_dependencies import TokenWiring
from auth.assembly.parts import Parts
from auth.config import ServeSettings
from auth.storage.tokens.device_logins import DeviceLogins
from auth.usecases.tokens.device_login import DeviceLogin
from auth.usecases.tokens.exchange_token import ExchangeToken
from auth.usecases.tokens.mint_publishing_token import MintPublishingToken
from auth.usecases.tokens.own_tokens import OwnTokens
from auth.usecases.tokens.report_leaks import ReportLeaks
from auth.usecases.tokens.token_issuer import TokenIssuer


def build_tokens(settings: ServeSettings, parts: Parts) -> TokenWiring:
    """Build the use cases of this area."""
    issuer = TokenIssuer(clock=parts.clock)
    return TokenWiring(
        own=OwnTokens(database=parts.database, sessions=parts.sessions, issuer=issuer, entries=parts.tokens),
        exchange=ExchangeToken(
            database=parts.database,
            entries=parts.tokens,
            limiter=parts.limiter,
            signer=parts.signer,
            clock=parts.clock,
        ),
        report_leaks=ReportLeaks(database=parts.database, entries=parts.tokens, limiter=parts.limiter),
        mint_publishing=MintPublishingToken(database=parts.database, issuer=issuer, clock=parts.clock),
        device_login=DeviceLogin(
            database=parts.database,
            logins=DeviceLogins(redis=parts.redis),
            sessions=parts.sessions,
            issuer=issuer,
            limiter=parts.limiter,
            clock=parts.clock,
            origin=settings.public_origin.rstrip("/"),
        ),
    )
