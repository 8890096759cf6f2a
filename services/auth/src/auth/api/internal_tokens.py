"""``/internal/tokens``: for the gateway and publishing only; in no public document."""

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request, Response

from auth.api.dependencies import Wired, require_internal_token
from auth.api.limit_headers import standings_of
from auth.api.small_body import SmallBodyRoute
from auth.api.token_schemas import ExchangeBody, ExchangedView, MintBody, MintedView
from auth.usecases.caller import Caller
from auth.usecases.tokens.mint_publishing_token import Assertion

router = APIRouter(
    prefix="/internal/tokens",
    route_class=SmallBodyRoute,
    include_in_schema=False,
    dependencies=[Depends(require_internal_token)],
)


@router.post("/exchange")
async def exchange_token(body: ExchangeBody, request: Request, response: Response, wiring: Wired) -> ExchangedView:
    caller = Caller(address=body.address, standings=standings_of(request))
    exchanged = await wiring.tokens.exchange.execute(body.token, caller)
    response.headers["cache-control"] = "no-store"
    return ExchangedView(
        identity=exchanged.identity.token,
        expires_at=exchanged.identity.expires_at,
        source_ranges=list(exchanged.source_ranges),
    )


@router.post("/mint")
async def mint_token(body: MintBody, response: Response, wiring: Wired) -> MintedView:
    expires_at = datetime.fromtimestamp(body.assertion_expires_at, UTC)
    issued = await wiring.tokens.mint_publishing.execute(
        account_id=body.account_id,
        plugin_id=body.plugin_id,
        name=body.name,
        assertion=Assertion(issuer=body.issuer, jti=body.jti, expires_at=expires_at),
        address=body.address,
    )
    response.headers["cache-control"] = "no-store"
    return MintedView(token=issued.secret, expires_at=int(issued.token.expires_at.timestamp()))
