"""What becomes of an organisation reaches its plugins, as seen through the gateway."""

import httpx

from testkit.people import WAIT_SECONDS, People
from testkit.waiting import eventually


async def test_plugins_take_an_organisation_s_new_name_and_go_to_who_deletes_it(people: People) -> None:
    owner, former = await people.developer(), await people.developer()
    slug = await people.create_organisation(owner, "Old Labs")
    organisation_id = (await owner.get(f"/organisations/{slug}")).json()["id"]
    await people.join(owner, slug, former, "maintainer")
    plugin_id = await people.create_plugin(former, organisation_id=organisation_id)
    await people.publish(owner, plugin_id, "1.0.0")
    user_id = (await owner.get("/auth/me")).json()["user"]["id"]
    display_name = (await owner.get("/developer/profile")).json()["display_name"]
    public = people.visitor()

    async def author() -> tuple[str, str]:
        shown = (await public.get(f"/plugins/{plugin_id}")).json()["author"]
        return shown["id"], shown["name"]

    async def is_renamed() -> bool:
        return await author() == (organisation_id, "New Labs")

    async def is_the_heir_s() -> bool:
        return await author() == (user_id, display_name)

    assert (await author())[1] == "Old Labs"
    assert (await owner.patch(f"/organisations/{slug}", json={"name": "New Labs"})).status_code == httpx.codes.OK
    await eventually(is_renamed, WAIT_SECONDS, saying="the public page shows the new name")
    assert (await owner.delete(f"/organisations/{slug}")).status_code == httpx.codes.NO_CONTENT
    await eventually(is_the_heir_s, WAIT_SECONDS, saying="the public page shows the heir")
    address = f"/developer/plugins/{plugin_id}"
    assert (await owner.patch(address, json={"name": "Still kept"})).status_code == httpx.codes.OK
    assert (await former.patch(address, json={"name": "Not theirs"})).status_code == httpx.codes.FORBIDDEN
