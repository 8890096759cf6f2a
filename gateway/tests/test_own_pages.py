from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate
from starlette.types import Message

from gateway.pages import own_pages
from gateway_stand_ins.platform import Platform


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_is_told_to_everybody(steady: Platform, path: str) -> None:
    assert (await steady.client.get(path, headers={"x-forwarded-for": "6.6.6.6"})).status_code == 200


async def test_metrics_name_routes_and_never_paths(steady: Platform) -> None:
    await steady.client.get("/api/v1/plugins/a-name-that-nobody-else-uses")
    text = (await steady.client.get("/metrics")).text
    assert 'route="/api/v1/plugins/{plugin_id}"' in text
    assert "a-name-that-nobody-else-uses" not in text
    assert "cache_answers_total" in text


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
async def test_metrics_are_hidden_from_whoever_comes_through_a_proxy(steady: Platform, header: str) -> None:
    answer = await steady.client.get("/metrics", headers={header: "6.6.6.6"})
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


async def test_metrics_are_hidden_from_public_addresses() -> None:
    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": [], "client": ("8.8.8.8", 1)}

    async def receive() -> Message:
        raise AssertionError

    async def send(_message: Message) -> None:
        raise AssertionError

    with pytest.raises(Exception, match="no such address"):
        await own_pages()["/metrics"](scope, receive, send)


async def test_the_api_document_is_valid_and_complete(steady: Platform) -> None:
    answer = await steady.client.get("/openapi.json")
    document = answer.json()
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert (
        await steady.client.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    ).status_code == 304


async def test_the_docs_page_needs_no_other_host(steady: Platform) -> None:
    page = await steady.client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) == 5
    for address in addresses:
        assert address.startswith("/")
        answer = await steady.client.get(address)
        assert answer.status_code == 200
        assert answer.content
    assert "https://" not in page.text
    assert (await steady.client.get("/")).headers["location"] == "/docs"


async def test_a_page_takes_only_reads(steady: Platform) -> None:
    answer = await steady.client.post("/docs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert (await steady.client.head("/docs")).status_code == 200
