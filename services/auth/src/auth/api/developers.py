"""``/developer``: becoming a developer. The rest of that path is another service's."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import SESSION_COOKIE, problem
from auth.api.schemas import DeveloperProfileView, RegisterDeveloperBody, RegisteredDeveloperView
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/developer", route_class=SmallBodyRoute, tags=["developer"])


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    summary="Become a developer",
    description="Gives the account a developer profile and the role `developer`, with effect on every open session. The"
    " session of this request goes on under another id: what came before is dead.",
    responses={
        201: {"description": "Registered", "headers": SESSION_COOKIE},
        200: {"description": "Was registered with the same content before", "model": RegisteredDeveloperView},
        401: problem("`unauthenticated`"),
        409: problem("`developer_exists`: registered with other content"),
    },
)
async def register_developer(
    body: RegisterDeveloperBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("developer.register"))],
) -> RegisteredDeveloperView:
    registered = await wiring.register_developer.execute(
        user_id=user.sub, display_name=body.display_name, website=body.website, caller=caller
    )
    response.headers["cache-control"] = "no-store"
    if registered.session is None:
        response.status_code = status.HTTP_200_OK
    else:
        wiring.cookies.set(response, registered.session.session_id, max_age_seconds=registered.session.ttl_seconds)
    return RegisteredDeveloperView.registered(registered)


@router.get(
    "/profile",
    summary="Read my developer profile",
    description="Gives the developer profile of the signed-in account.",
    responses={
        200: {"description": "The profile"},
        401: problem("`unauthenticated`"),
        404: problem("`developer_profile_not_found`"),
    },
)
async def read_developer_profile(
    response: Response, wiring: Wired, user: Annotated[IdentityClaims, Depends(permit("developer.profile"))]
) -> DeveloperProfileView:
    response.headers["cache-control"] = "no-store"
    return DeveloperProfileView.of(await wiring.show_developer_profile.execute(user.sub))
