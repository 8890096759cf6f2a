import asyncio, time, random
from datetime import UTC, datetime
from uuid import uuid4
import httpx
from contracts.events.installs import InstallCreated
from contracts.events.plugins import PluginVersionPublished
async def test_lat(running_role, wire, publisher, another_publisher):
    async with running_role("work"), running_role("relay"), running_role("serve") as url, httpx.AsyncClient(base_url=url) as c:
        pubs=[type(publisher)(apply=publisher.apply) for _ in range(25)]
        lat=[]
        for p in pubs:
            ch=p.change(version="1.0.0")
            t=time.perf_counter()
            await wire.send(PluginVersionPublished(plugin=ch.state, version=ch.version), key=p.plugin_id, sequence=1)
            while (await c.get(f"/api/v1/plugins/{p.plugin_id}")).status_code!=200: await asyncio.sleep(0.01)
            lat.append(time.perf_counter()-t)
        lat.sort(); print("published event -> GET 200: p50 %.3f p95 %.3f worst %.3f"%(lat[12],lat[23],lat[-1]))
        async def one(p, n):
            url=f"/api/v1/plugins/{p.plugin_id}"; res=[]
            for _ in range(n):
                await asyncio.sleep(random.random()*4)
                before=(await c.get(url)).json()["install_count"]
                o=uuid4(); t=time.perf_counter()
                await wire.send(InstallCreated(owner_id=o,owner_kind="user",plugin_id=p.plugin_id,version="1.0.0",enabled=True,changed_at=datetime.now(UTC)),key=f"{o}:{p.plugin_id}",sequence=1)
                while (await c.get(url)).json()["install_count"]<before+1: await asyncio.sleep(0.1)
                res.append(time.perf_counter()-t)
            return res
        all_=sorted(x for r in await asyncio.gather(*(one(p,4) for p in pubs[:10])) for x in r)
        n=len(all_); print(n,"install -> count: p50 %.2f p95 %.2f worst %.2f"%(all_[n//2],all_[int(n*.95)],all_[-1]))
