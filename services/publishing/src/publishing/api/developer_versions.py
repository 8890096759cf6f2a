"""Routes that send, follow and withdraw versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from contracts.manifest import manifest_schema
from publishing.api.dependencies import PluginId, SubmissionId, Use, VersionText, never_cached
from publishing.api.submission_schemas import SubmissionBody
from publishing.api.upload import UploadForm

router = APIRouter(
    prefix=API_PREFIX + "/developer",
    route_class=StrictRoute,
    tags=["developer"],
    dependencies=[Depends(never_cached)],
)

# Without its own identifiers: within the API document it is a schema like any other.
_MANIFEST = {key: value for key, value in manifest_schema().items() if key not in {"$id", "$schema"}}

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["manifest", "bundle"],
                    "properties": {
                        "manifest": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": _MANIFEST,
                            "description": "The manifest; its id is that of the address",
                        },
                        "bundle": {
                            "type": "string",
                            "contentMediaType": "text/javascript",
                            "description": "bundle.js, 5 MiB at most unless configured otherwise",
                        },
                        "source_map": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "description": "bundle.js.map",
                        },
                        "changelog": {"type": "string", "description": "What is new, 64 KiB at most"},
                    },
                },
                "encoding": {
                    "manifest": {"contentType": "application/json"},
                    "bundle": {"contentType": "text/javascript"},
                    "source_map": {"contentType": "application/json"},
                },
            }
        },
    }
}
_LOCATION: dict[str, Any] = {"Location": {"description": "Address of the submission", "schema": {"type": "string"}}}


@router.post(
    "/plugins/{plugin_id}/versions",
    status_code=202,
    summary="Send a version",
    description="The version is checked, reviewed and then published; follow it at the address in Location. The same"
    " content again gives the same submission. Refused with `manifest_invalid` (every fault with a JSON pointer into"
    " the manifest), `bundle_too_large`, `source_map_too_large`, `manifest_too_large`, `multipart_invalid`,"
    " `request_invalid` (parts of the form), `version_exists`, `plugin_suspended`, `not_owner`.",
    openapi_extra=_FORM,
    responses={202: {"headers": _LOCATION}},
)
async def submit_version(
    request: Request,
    response: Response,
    developer: Annotated[IdentityClaims, Depends(permit("version.submit"))],
    use: Use,
    plugin_id: PluginId,
) -> SubmissionBody:
    with UploadForm(request, plugin_id=plugin_id, limits=use.upload_limits) as form:
        view = await use.submit_version(submitter=developer, plugin_id=plugin_id, receive=form.receive)
    response.headers["location"] = f"{API_PREFIX}/developer/submissions/{view.submission.id}"
    return SubmissionBody.of(view)


@router.delete(
    "/plugins/{plugin_id}/versions/{version}",
    status_code=204,
    summary="Withdraw a version",
    description="Only a version that was never published; its number is free again, its files are removed. Refused with"
    " `version_published`, `version_not_found`, `version_invalid`.",
)
async def withdraw_version(
    developer: Annotated[IdentityClaims, Depends(permit("version.withdraw"))],
    use: Use,
    plugin_id: PluginId,
    version: VersionText,
) -> None:
    await use.withdraw_version(caller=developer, plugin_id=plugin_id, version=version)


@router.get(
    "/submissions/{submission_id}",
    summary="Follow a submission",
    description="Every step, verdict and reason.",
)
async def get_own_submission(
    developer: Annotated[IdentityClaims, Depends(permit("submission.read"))], use: Use, submission_id: SubmissionId
) -> SubmissionBody:
    return SubmissionBody.of(await use.get_own_submission(caller=developer, submission_id=submission_id))
