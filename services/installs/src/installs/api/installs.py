"""The installs of whoever is calling, signed in or anonymous."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from chassis.app import API_PREFIX
from chassis.authorisation import permit_anyone
from chassis.identity import find_identity
from chassis.rights import may_touch
from chassis.strict_body import StrictRoute
from installs.api.dependencies import (
    Actions,
    ChangingOwner,
    Installing,
    PermittedRevisions,
    ReadingOwner,
    owner_of,
    use_cases,
)
from installs.api.rendering import install_response, list_response
from installs.api.schemas import Install, InstallBody, InstallList, InstallPatchBody
from installs.domain.installs import InstallPatch, InstallRequest

PREFIX = API_PREFIX + "/user"

router = APIRouter(prefix=PREFIX, route_class=StrictRoute, tags=["installs"])

PluginIdInPath = Annotated[str, Path(max_length=64, description="The plugin's slug.")]
ETAG: dict[str, Any] = {"ETag": {"description": "Revision, for If-Match.", "schema": {"type": "string"}}}
LIST_ETAG: dict[str, Any] = {"ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}}}
_LISTING = permit_anyone("install.list")
LOCATION: dict[str, Any] = {"Location": {"description": "Address of the install.", "schema": {"type": "string"}}}


@router.get(
    "/plugins",
    summary="List my installs",
    description="Everything the caller has, by plugin id, with what a host needs to load it. Empty for a visitor.",
    response_model=InstallList,
    responses={200: {"headers": LIST_ETAG}, 304: {"description": "Unchanged since the ETag in If-None-Match"}},
)
async def list_installs(request: Request) -> Response:
    # Read with every start of a host: the two look-ups are cheaper than the framework's dependencies.
    identity = await _LISTING(request, await find_identity(request))
    installs = [] if identity is None else await use_cases(request).read.list(owner_of(identity))
    return list_response(installs, request_headers=request.headers)


@router.get(
    "/plugins/{plugin_id}",
    summary="Get one of my installs",
    response_model=Install,
    responses={200: {"headers": ETAG}},
)
async def get_install(plugin_id: PluginIdInPath, owner: ReadingOwner, actions: Actions) -> Response:
    return install_response(await actions.read.get(owner, plugin_id))


@router.post(
    "/plugins/install",
    summary="Install a plugin",
    description=(
        "Signed in or not: a visitor gets an identity with the first install, and keeps what it installed when it signs"
        " in. A repeat of the same request changes nothing. Settings are checked against the version's settings_schema;"
        " left out, they are its defaults. One owner has at most 1,000 installs."
    ),
    status_code=201,
    response_model=Install,
    responses={
        201: {"description": "Installed now", "headers": {**ETAG, **LOCATION}},
        200: {"description": "Installed before, as asked for", "model": Install, "headers": {**ETAG, **LOCATION}},
    },
)
async def install_plugin(body: InstallBody, identity: Installing, actions: Actions) -> Response:
    may_touch("install.create", identity, plugin_id=body.plugin_id)
    request = InstallRequest(
        plugin_id=body.plugin_id, version=body.version, settings=body.settings, enabled=body.enabled
    )
    install, is_new = await actions.install.run(owner_of(identity), request)
    location = {"location": f"{PREFIX}/plugins/{install.plugin_id}"}
    return install_response(install, status=201 if is_new else 200, headers=location)


@router.patch(
    "/plugins/{plugin_id}",
    summary="Change one of my installs",
    description=(
        "Switch it on or off, replace its settings as a whole, or change its version, up or down. Settings must fit the"
        " version that results. A change of version without settings keeps them if they fit, completes them by that"
        " version's defaults if then they do, replaces them by its defaults if they are still the former version's,"
        " and is refused otherwise."
    ),
    response_model=Install,
    responses={200: {"headers": ETAG}},
)
async def change_install(
    plugin_id: PluginIdInPath,
    body: InstallPatchBody,
    owner: ChangingOwner,
    actions: Actions,
    permitted: PermittedRevisions,
) -> Response:
    patch = InstallPatch(enabled=body.enabled, settings=body.settings, version=body.version)
    return install_response(await actions.change.run(owner, plugin_id, patch, permitted=permitted))


@router.delete(
    "/plugins/{plugin_id}", summary="Uninstall a plugin", description="Its settings are forgotten.", status_code=204
)
async def uninstall_plugin(
    plugin_id: PluginIdInPath, owner: ChangingOwner, actions: Actions, permitted: PermittedRevisions
) -> Response:
    await actions.remove.run(owner, plugin_id, permitted=permitted)
    return Response(status_code=204)
