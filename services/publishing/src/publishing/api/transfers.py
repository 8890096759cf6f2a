"""Routes that hand plugins over from one owner to another."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.strict_body import StrictRoute
from contracts.identity import IdentityClaims
from publishing.api.dependencies import ETAG, PluginId, Use, etag, never_cached
from publishing.api.plugin_schemas import DeveloperPlugin
from publishing.domain.errors import TransferNotFoundError
from publishing.domain.owners import Owner, Transfer

router = APIRouter(
    prefix=API_PREFIX + "/developer",
    route_class=StrictRoute,
    tags=["developer"],
    dependencies=[Depends(never_cached)],
)


class OwnerBody(BaseModel):
    """An account or an organisation."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["account", "organisation"]
    id: UUID = Field(description="Of an account as in GET /api/v1/auth/me, of an organisation as in /organisations.")

    @classmethod
    def of(cls, owner: Owner) -> Self:
        """Write an owner."""
        return cls(kind=owner.kind, id=owner.id)


class NewTransfer(BaseModel):
    """To whom a plugin is offered."""

    model_config = ConfigDict(extra="forbid")

    to: OwnerBody


class TransferBody(BaseModel):
    """An offer that waits for its receiver."""

    id: UUID
    plugin_id: str
    giver: OwnerBody
    giver_name: str
    to: OwnerBody
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, transfer: Transfer) -> Self:
        """Write an offer."""
        return cls(
            id=transfer.id,
            plugin_id=transfer.plugin_id,
            giver=OwnerBody.of(transfer.giver),
            giver_name=transfer.giver_name,
            to=OwnerBody.of(transfer.receiver),
            created_at=transfer.created_at,
            expires_at=transfer.expires_at,
        )


class TransferList(BaseModel):
    """What waits for the caller."""

    items: list[TransferBody]


async def _transfer_id(transfer_id: Annotated[str, Path(description="The transfer's id (UUID)")]) -> UUID:
    try:
        return UUID(transfer_id)
    except ValueError as error:
        raise TransferNotFoundError("no transfer has this id") from error


Giver = Annotated[IdentityClaims, Depends(permit("plugin.transfer"))]
TransferId = Annotated[UUID, Depends(_transfer_id)]


@router.post(
    "/plugins/{plugin_id}/transfer",
    status_code=201,
    summary="Offer your plugin to another owner",
    description="The offer waits 14 days for the receiver's consent; a repeat replaces it. Refused with `not_owner`,"
    " `transfer_to_owner`, `recent_authentication_required`.",
)
async def offer_plugin(giver: Giver, use: Use, plugin_id: PluginId, body: NewTransfer) -> TransferBody:
    receiver = Owner(body.to.kind, body.to.id)
    return TransferBody.of(await use.offer_plugin.offer(caller=giver, plugin_id=plugin_id, receiver=receiver))


@router.get(
    "/plugins/{plugin_id}/transfer", summary="Read your offer", description="Refused with `transfer_not_found`."
)
async def read_offer(giver: Giver, use: Use, plugin_id: PluginId) -> TransferBody:
    return TransferBody.of(await use.offer_plugin.show(caller=giver, plugin_id=plugin_id))


@router.delete(
    "/plugins/{plugin_id}/transfer",
    status_code=204,
    summary="Take your offer back",
    description="Refused with `transfer_not_found` where it is answered or there is none.",
)
async def withdraw_offer(giver: Giver, use: Use, plugin_id: PluginId) -> None:
    await use.offer_plugin.withdraw(caller=giver, plugin_id=plugin_id)


@router.get(
    "/transfers",
    summary="List plugins that are offered to you",
    description="And to your organisations, oldest first.",
)
async def list_transfers(
    developer: Annotated[IdentityClaims, Depends(permit("transfer.list"))], use: Use
) -> TransferList:
    return TransferList(items=[TransferBody.of(each) for each in await use.answer_transfer.list_own(developer)])


@router.post(
    "/transfers/{transfer_id}/accept",
    summary="Take a plugin over",
    description="It is published under your name, or your organisation's, from then on; the giver has no rights left."
    " Refused with `transfer_not_found`, `not_member`.",
    responses={200: {"headers": ETAG}},
)
async def accept_transfer(
    response: Response,
    receiver: Annotated[IdentityClaims, Depends(permit("transfer.answer"))],
    use: Use,
    transfer_id: TransferId,
) -> DeveloperPlugin:
    plugin = await use.answer_transfer.accept(caller=receiver, transfer_id=transfer_id)
    response.headers["etag"] = etag(plugin.revision)
    response.headers["cache-group-invalidation"] = f'"plugin:{plugin.id}", "plugins"'
    return DeveloperPlugin.of(plugin)


@router.post("/transfers/{transfer_id}/decline", status_code=204, summary="Decline a plugin")
async def decline_transfer(
    receiver: Annotated[IdentityClaims, Depends(permit("transfer.answer"))], use: Use, transfer_id: TransferId
) -> None:
    await use.answer_transfer.decline(caller=receiver, transfer_id=transfer_id)
