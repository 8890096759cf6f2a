"""``/internal``: for the gateway only; in no public document."""

from fastapi import APIRouter, Depends, Response

from auth.api.dependencies import Wired, require_internal_token
from auth.api.schemas import AnonymousView, RenewBody, RenewedView
from auth.api.small_body import SmallBodyRoute

router = APIRouter(
    prefix="/internal",
    route_class=SmallBodyRoute,
    include_in_schema=False,
    dependencies=[Depends(require_internal_token)],
)


@router.post("/sessions/renew")
async def renew_session(body: RenewBody, response: Response, wiring: Wired) -> RenewedView:
    renewed = await wiring.renew_session.execute(body.session)
    response.headers["cache-control"] = "no-store"
    return RenewedView(
        identity=renewed.identity.token, expires_at=renewed.identity.expires_at, max_age_seconds=renewed.ttl_seconds
    )


@router.post("/anonymous")
async def mint_anonymous(response: Response, wiring: Wired) -> AnonymousView:
    opened = await wiring.mint_anonymous.execute()
    response.headers["cache-control"] = "no-store"
    return AnonymousView(
        session=opened.session_id,
        identity=opened.identity.token,
        expires_at=opened.identity.expires_at,
        max_age_seconds=opened.ttl_seconds,
    )
