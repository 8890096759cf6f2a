"""Settings that strangers send."""

import time
from typing import Any

import httpx
import pytest


@pytest.fixture
async def send(client: httpx.AsyncClient, user: Any, publish: Any, plugin_id: str) -> Any:
    """``await send(schema, settings)``: publish a version with the schema and install it with the settings."""

    async def send(schema: dict[str, Any] | None, settings: Any) -> httpx.Response:
        await publish(plugin_id, "1.0.0", settings_schema=schema)
        body = {"plugin_id": plugin_id, "settings": settings}
        return await client.post("/plugins/install", json=body, headers=user.headers)

    return send


def refusals(answer: httpx.Response) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.json()["code"]) == (422, "settings_invalid")
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_every_violation_is_named_with_its_pointer(send: Any, settings_schema: Any) -> None:
    answer = await send(
        settings_schema, {"theme": "green", "size": "3", "labels": ["a", 1, "c", None], "no/such~key": 1}
    )
    assert sorted(refusals(answer)) == [
        ("/settings", "additionalProperties"),
        ("/settings/labels", "maxItems"),
        ("/settings/labels/1", "type"),
        ("/settings/labels/3", "type"),
        ("/settings/size", "type"),
        ("/settings/theme", "enum"),
    ]


@pytest.mark.parametrize(
    "settings", [{"size": "3"}, {"size": True}, {"size": [3]}, {"size": {}}, {"size": 3.5}, {"size": None}]
)
async def test_kinds_are_not_confused(send: Any, settings_schema: Any, settings: Any) -> None:
    assert [pointer for pointer, _ in refusals(await send(settings_schema, settings))] == ["/settings/size"]


async def test_a_whole_number_with_a_point_is_an_integer(send: Any, settings_schema: Any) -> None:
    assert (await send(settings_schema, {"size": 3.0})).status_code == 201


async def test_a_plugin_without_a_schema_takes_no_settings(send: Any) -> None:
    assert refusals(await send(None, {"a": 1})) == [("/settings/a", "additionalProperties")]
    assert (await send(None, {})).status_code == 201


@pytest.mark.parametrize(
    "settings",
    [
        {"a.b": 1, "a[0]": 2, "$where": "1", "__proto__": {"admin": True}, "constructor": 1, "/": 1, "": ""},
        {"e\u0301": "decomposed", "\u00e9": "composed"},
        {"sql": "'; DROP TABLE installs; --", "like": "%_\\", "csv": "=cmd|' /C calc'!A0", "format": "%n%s%x"},
        {
            "text": "\u202e\u0000".replace("\u0000", "") + "z\u0351\u036b\u0343",
            "emoji": "🧨",
            "quote": '"\\\b\f\n\r\t\u007f',
        },
        {"number": 1e15, "tiny": 5e-324, "minus": -0.0, "big": 2**53},
    ],
)
async def test_odd_settings_come_back_as_they_went_in(
    send: Any, client: httpx.AsyncClient, user: Any, settings: Any
) -> None:
    answer = await send({"type": "object"}, settings)
    assert answer.status_code == 201
    assert answer.json()["settings"] == settings
    assert (await client.get("/plugins", headers=user.headers)).json()["items"][0]["settings"] == settings


@pytest.mark.parametrize(
    "text",
    [
        b'{"plugin_id": "x", "settings": {"a": 1, "a": 2}}',
        b'{"plugin_id": "x", "settings": {"a": 9007199254740993}}',
        b'{"plugin_id": "x", "settings": {"a": 1e999}}',
        b'{"plugin_id": "x", "settings": {"a": NaN}}',
        b'{"plugin_id": "x", "settings": {"a": "\\u0000"}}',
        b'{"plugin_id": "x", "settings": {"a": "\\ud800"}}',
        b'{"plugin_id": "x", "settings": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b'{"plugin_id": "x", "settings": {"a": "\xff"}}',
        b"",
        b"plugin_id=x",
    ],
)
async def test_ambiguous_json_is_refused(client: httpx.AsyncClient, user: Any, text: bytes) -> None:
    headers = {**user.headers, "content-type": "application/json"}
    answer = await client.post("/plugins/install", content=text, headers=headers)
    assert answer.json()["code"] in {"body_not_json", "request_invalid"}
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "settings",
    [
        {str(number): 1 for number in range(100_000)},
        {"text": "x" * 1_000_000},
        {"escapes": "\u0001" * 20_000},
        {"numbers": [1e-300] * 300},
        {"values": list(range(2000))},
    ],
    ids=["100,000 keys", "a megabyte", "escapes", "numbers without exponent", "2,000 values"],
)
async def test_settings_that_are_too_large_are_refused_at_once(send: Any, settings: Any) -> None:
    started = time.perf_counter()
    assert refusals(await send({"type": "object"}, settings)) == [("/settings", "size")]
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("schema", "settings"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}},
            {"a": "a" * 50_000 + "!"},
        ),
        (
            {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}},
            {"a": [value for number in range(480) for value in (number, str(number))] + [0]},
        ),
        (
            {"type": "object", "additionalProperties": {"anyOf": [{"const": number} for number in range(900)]}},
            {f"k{number}": "x" for number in range(300)},
        ),
    ],
    ids=["a pattern that backtracks", "unique items of mixed kinds", "many values against many choices"],
)
async def test_settings_that_would_take_long_to_check_are_refused_soon(send: Any, schema: Any, settings: Any) -> None:
    started = time.perf_counter()
    assert (await send(schema, settings)).json()["code"] == "settings_invalid"
    assert time.perf_counter() - started < 5
