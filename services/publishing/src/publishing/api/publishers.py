"""Trusted publishing: which jobs elsewhere may publish a plugin, and their tokens."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from chassis.app import API_PREFIX
from chassis.authorisation import permit, permit_anyone
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from publishing.api.dependencies import PluginId, Use, never_cached
from publishing.api.publisher_schemas import (
    AssertionBody,
    IssuerView,
    NewPublisher,
    PublisherList,
    PublisherView,
    PublishingTokenView,
)
from publishing.domain.trusted_publishing_errors import PublisherNotFoundError

_ADDRESS_LENGTH = 100

router = APIRouter(
    prefix=API_PREFIX + "/developer",
    route_class=StrictRoute,
    tags=["trusted publishing"],
    dependencies=[Depends(never_cached)],
)


@router.get(
    "/plugins/{plugin_id}/publishers",
    summary="List a plugin's trusted publishers",
    description="With what each issuer that is trusted here needs and may have pinned.",
)
async def list_publishers(
    developer: Annotated[IdentityClaims, Depends(permit("publisher.list"))], use: Use, plugin_id: PluginId
) -> PublisherList:
    found = await use.publishers.show(caller=developer, plugin_id=plugin_id)
    return PublisherList(
        items=[PublisherView.of(each) for each in found],
        issuers=[IssuerView.of(each) for each in use.publishers.issuers],
    )


@router.post(
    "/plugins/{plugin_id}/publishers",
    status_code=201,
    summary="Trust a publisher",
    description="Jobs with these claims may publish the plugin, for your account and as long as it may. Refused with"
    " `publisher_invalid`, `publisher_exists`, `recent_authentication_required`.",
)
async def add_publisher(
    developer: Annotated[IdentityClaims, Depends(permit("publisher.change"))],
    use: Use,
    plugin_id: PluginId,
    body: NewPublisher,
) -> PublisherView:
    added = await use.publishers.add(caller=developer, plugin_id=plugin_id, issuer_name=body.issuer, claims=body.claims)
    return PublisherView.of(added)


@router.delete(
    "/plugins/{plugin_id}/publishers/{publisher_id}",
    status_code=204,
    summary="Trust a publisher no longer",
    description="Tokens that it has live for up to 15 minutes more. Refused with `publisher_not_found`.",
)
async def remove_publisher(
    developer: Annotated[IdentityClaims, Depends(permit("publisher.change"))],
    use: Use,
    plugin_id: PluginId,
    publisher_id: str,
) -> None:
    try:
        wanted = UUID(publisher_id)
    except ValueError as error:
        raise PublisherNotFoundError("no publisher has such an id") from error
    await use.publishers.remove(caller=developer, plugin_id=plugin_id, publisher_id=wanted)


@router.post(
    "/trusted-publishing/exchange",
    dependencies=[Depends(permit_anyone("publisher.exchange"))],
    summary="Exchange a job's identity token",
    description="Gives a token that publishes one plugin for 15 minutes, once for each identity token. Refused with"
    " `assertion_refused`, `assertion_replayed`, `publisher_not_configured`.",
)
async def exchange_assertion(request: Request, use: Use, body: AssertionBody) -> PublishingTokenView:
    # The last entry is the one that our own gateway wrote.
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    given = await use.exchange_assertion(
        plugin_id=body.plugin_id,
        token=body.token.get_secret_value(),
        address=(forwarded or "unknown")[:_ADDRESS_LENGTH],
    )
    return PublishingTokenView(token=given.secret, expires_at=given.expires_at)
