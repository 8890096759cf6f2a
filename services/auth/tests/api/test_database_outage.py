from typing import Any

from pydantic import SecretStr

from auth.config import ServeSettings
from auth.main import build_app
from testkit.client import asgi_client


async def test_without_its_database_the_service_says_so_and_signs_nobody_in(
    settings: ServeSettings, person: Any
) -> None:
    away = SecretStr("postgresql+psycopg://auth:x@127.0.0.1:1/platform")  # nobody listens there
    async with asgi_client(build_app(settings.model_copy(update={"database_url": away}))) as client:
        ann = person()
        ann.client = client
        for answer in (await ann.login(), await ann.register()):
            assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
            assert "set-cookie" not in answer.headers
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200
