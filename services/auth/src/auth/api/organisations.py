"""``/organisations``: organisations as a whole, and their log."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response, status

from auth.api.audit import DEFAULT_LIMIT, Cursor, Limit, read_position
from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import SESSION_COOKIE, Responses, problem
from auth.api.organisation_dependencies import PermittedRevisions, Slug
from auth.api.organisation_schemas import (
    EnteredOrganisationView,
    NewOrganisationBody,
    OrganisationAuditEntryView,
    OrganisationAuditView,
    OrganisationChangesBody,
    OrganisationsView,
    OrganisationView,
)
from auth.api.small_body import SmallBodyRoute
from auth.usecases.organisations.gate import Request as Wanted
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.cursors import encode_cursor
from contracts.identity import IdentityClaims

PREFIX = f"{API_PREFIX}/organisations"

router = APIRouter(prefix=PREFIX, route_class=SmallBodyRoute, tags=["organisations"])

_ETAG: dict[str, Any] = {"ETag": {"description": "The organisation's revision", "schema": {"type": "string"}}}
_LOCATION: dict[str, Any] = {"Location": {"description": "Address of the organisation", "schema": {"type": "string"}}}
_LINK: dict[str, Any] = {
    "Link": {"description": 'Address of the next page, rel="next"; none on the last', "schema": {"type": "string"}}
}
_REFUSALS: Responses = {403: problem("`organisation_role`"), 404: problem("`organisation_not_found`")}
_OF_MEMBERS = "organisation.members"
_OF_MANAGING = "organisation.manage"


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Make an organisation",
    description="Its owner is the caller. The session of this request goes on under another id.",
    responses={
        201: {"description": "Made", "headers": {**_ETAG, **_LOCATION, **SESSION_COOKIE}},
        409: problem("`organisation_slug_taken`, `organisation_limit`"),
    },
)
async def create_organisation(
    body: NewOrganisationBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("organisation.own"))],
) -> EnteredOrganisationView:
    entered = await wiring.organisations.organisations.create(
        user_id=user.sub, slug=body.slug, name=body.name, caller=caller
    )
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    response.headers["location"] = f"{PREFIX}/{body.slug}"
    _shown(response, entered.own.organisation.revision)
    return EnteredOrganisationView.entered(entered)


@router.get("", summary="List my organisations", description="By slug, with the caller's role in each.")
async def list_organisations(
    response: Response, wiring: Wired, user: Annotated[IdentityClaims, Depends(permit("organisation.own"))]
) -> OrganisationsView:
    response.headers["cache-control"] = "private, no-store"
    found = await wiring.organisations.organisations.list_own(user.sub)
    return OrganisationsView(items=[OrganisationView.of(own) for own in found])


@router.get("/{slug}", summary="Read an organisation", responses={200: {"headers": _ETAG}, **_REFUSALS})
async def read_organisation(
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    slug: Slug,
    user: Annotated[IdentityClaims, Depends(permit("organisation.read"))],
) -> OrganisationView:
    wanted = Wanted(operation="organisation.read", slug=slug, user_id=user.sub, caller=caller)
    own = await wiring.organisations.organisations.show(wanted)
    _shown(response, own.organisation.revision)
    return OrganisationView.of(own)


@router.patch(
    "/{slug}",
    summary="Rename an organisation",
    description="For owners. Its plugins take the new name within moments.",
    responses={200: {"headers": _ETAG}, **_REFUSALS, 412: problem("`revision_mismatch`")},
)
async def rename_organisation(
    body: OrganisationChangesBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    slug: Slug,
    permitted: PermittedRevisions,
    user: Annotated[IdentityClaims, Depends(permit(_OF_MANAGING))],
) -> OrganisationView:
    wanted = Wanted(operation=_OF_MANAGING, slug=slug, user_id=user.sub, caller=caller)
    own = await wiring.organisations.organisations.rename(wanted, name=body.name, permitted=permitted)
    _shown(response, own.organisation.revision)
    return OrganisationView.of(own)


@router.delete(
    "/{slug}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete an organisation",
    description="For owners. Its plugins become those of the account that deletes it within moments, and waiting"
    " transfers from or to it end. Its slug is never given to another.",
    responses={204: {"description": "Deleted"}, **_REFUSALS},
)
async def delete_organisation(
    wiring: Wired,
    caller: FromCaller,
    slug: Slug,
    user: Annotated[IdentityClaims, Depends(permit(_OF_MEMBERS))],
) -> None:
    wanted = Wanted(operation=_OF_MEMBERS, slug=slug, user_id=user.sub, caller=caller)
    await wiring.organisations.organisations.delete(wanted)


@router.get(
    "/{slug}/audit",
    summary="Read an organisation's log",
    description="For owners: membership, invitations and changes, newest first, refused attempts of members included.",
    responses={200: {"description": "A page", "headers": _LINK}, 400: problem("`cursor_invalid`"), **_REFUSALS},
)
async def list_organisation_audit(
    request: Request,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    slug: Slug,
    user: Annotated[IdentityClaims, Depends(permit(_OF_MANAGING))],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> OrganisationAuditView:
    response.headers["cache-control"] = "private, no-store"
    listing = f"organisations/{slug}/audit"
    wanted = Wanted(operation=_OF_MANAGING, slug=slug, user_id=user.sub, caller=caller)
    page = await wiring.organisations.audit.execute(wanted, before=read_position(listing, cursor), limit=limit)
    next_cursor = encode_cursor(listing, [page.entries[-1].id]) if page.has_more else None
    if next_cursor is not None:
        response.headers["link"] = f'<{request.url.path}?cursor={next_cursor}&limit={limit}>; rel="next"'
    items = [OrganisationAuditEntryView.of(entry) for entry in page.entries]
    return OrganisationAuditView(items=items, next_cursor=next_cursor)


def _shown(response: Response, revision: int) -> None:
    response.headers["etag"] = f'"{revision}"'
    response.headers["cache-control"] = "private, no-store"
