import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from demo.node import find_node
from demo.plugin_host import HOST_FOLDER, HostProcess, HostReport

Bundle = Callable[[str], bytes]


async def _activate(bundle: bytes, *, time_limit_seconds: float = 2.0, **manifest: Any) -> HostReport:
    host = await HostProcess.start(find_node(), time_limit_seconds=time_limit_seconds, memory_limit_mib=64)
    return await host.activate(
        bundle=bundle,
        manifest={"id": "fixture", "version": "1.0.0", "api_version": "1", **manifest},
        settings={"theme": "dark"},
    )


def _commands(*ids: str) -> dict[str, Any]:
    return {"commands": [{"id": each, "title": each} for each in ids]}


async def test_a_plugin_with_an_activate_function_gets_the_platform(bundle: Bundle) -> None:
    report = await _activate(bundle("commands"), contributes=_commands("fixture.open", "fixture.close"))

    assert report.ok
    assert report.error is None
    assert report.exports == ("activate", "close")
    assert report.commands == ("fixture.open", "fixture.close")
    assert [entry["text"] for entry in report.logs] == ["hello fixture dark", '{"from":"console"}']
    assert report.activation_ms is not None
    assert report.activation_ms > 0


async def test_a_command_that_the_manifest_does_not_declare_is_noted(bundle: Bundle) -> None:
    report = await _activate(bundle("commands"))

    assert report.ok
    assert report.logs[-1] == {
        "level": "warning",
        "text": "the command fixture.open is not declared in the manifest",
    }


async def test_a_plain_script_contributes_its_globals(bundle: Bundle) -> None:
    report = await _activate(bundle("plain-script"))

    assert report.ok
    assert report.exports == ("Calendar",)


async def test_a_declared_command_is_bound_to_the_export_of_its_name() -> None:
    report = await _activate(
        b"module.exports = function () {}; module.exports.parse = function () {};",
        contributes=_commands("fixture.default", "fixture.parse", "fixture.gone"),
    )

    assert report.commands == ("fixture.default", "fixture.parse")
    assert "fixture.gone is neither" in report.logs[0]["text"]


@pytest.mark.parametrize("name", ["endless-loop", "endless-microtasks"])
async def test_a_plugin_that_never_rests_is_ended(bundle: Bundle, name: str) -> None:
    report = await _activate(bundle(name), time_limit_seconds=0.3)

    assert not report.ok
    assert report.error is not None
    assert report.error.code == "time_limit"


async def test_an_activation_that_waits_for_nothing_is_reported_at_once(bundle: Bundle) -> None:
    report = await _activate(bundle("never-settles"), time_limit_seconds=30)

    assert report.error is not None
    assert report.error.code == "exited"


async def test_an_error_names_its_line(bundle: Bundle) -> None:
    report = await _activate(bundle("throws"))

    assert report.error is not None
    assert report.error.code == "bundle_threw"
    assert report.error.message == "TypeError: no luck"
    assert report.error.at == "bundle.js:2:7"


async def test_a_thrown_trap_does_not_hurt_the_host(bundle: Bundle) -> None:
    report = await _activate(bundle("throws-a-trap"))

    assert report.error is not None
    assert report.error.code == "bundle_threw"


@pytest.mark.parametrize(("name", "message"), [("exits", "process is not defined"), ("reads-files", 'require("fs")')])
async def test_nothing_of_node_is_offered(bundle: Bundle, name: str, message: str) -> None:
    report = await _activate(bundle(name))

    assert report.error is not None
    assert report.error.code == "bundle_threw"
    assert message in report.error.message


async def test_a_way_out_of_the_context_leads_to_a_bare_realm(bundle: Bundle) -> None:
    report = await _activate(bundle("searches-for-a-way-out"))

    assert report.ok
    words = set(report.logs[0]["text"].replace(",", "").split())
    assert words == {"undefined"}


@pytest.mark.parametrize("name", ["fills-the-heap", "fills-buffers", "one-huge-buffer"])
async def test_memory_is_limited_inside_and_outside_the_heap(bundle: Bundle, name: str) -> None:
    report = await _activate(bundle(name), time_limit_seconds=20)

    assert report.error is not None
    assert report.error.code == "memory_limit" or "allocation failed" in report.error.message


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("module-syntax", "bundle_syntax"),
        ("activation-fails", "activation_failed"),
        ("contributes-nothing", "nothing_contributed"),
    ],
)
async def test_every_way_to_fail_has_its_code(bundle: Bundle, name: str, code: str) -> None:
    report = await _activate(bundle(name))

    assert report.error is not None
    assert report.error.code == code


async def test_logs_are_bounded(bundle: Bundle) -> None:
    report = await _activate(bundle("talkative"))

    assert report.ok
    assert len(report.logs) == 200
    assert {len(entry["text"]) for entry in report.logs} == {2000}


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        (b"no json", "not JSON"),
        (b"[]", "no JSON object"),
        (b'{"manifest": {"id": "a", "version": "1.0.0"}}', "bundle:"),
        (b'{"bundle": "1", "manifest": {"id": "a"}}', "manifest.version:"),
        (b'{"bundle": "1", "manifest": {"id": "a", "version": "1.0.0", "api_version": "2"}}', "api_version"),
        (b'{"bundle": "1", "manifest": {"id": "a", "version": "1.0.0"}, "settings": []}', "settings:"),
    ],
)
async def test_a_wrong_request_is_refused_by_field(request_body: bytes, message: str) -> None:
    returncode, lines = await _run_by_hand(request_body)

    assert returncode == 2
    assert lines[0] == {"ready": True}
    assert lines[1]["error"]["code"] == "request_invalid"
    assert message in lines[1]["error"]["message"]


@pytest.mark.parametrize("option", ["--time-limit-ms=0", "--memory-limit-mib=lots", "--colour=red"])
async def test_a_wrong_option_is_refused_by_name(option: str) -> None:
    returncode, lines = await _run_by_hand(b"", option)

    assert returncode == 2
    assert option.partition("=")[0] in lines[0]["error"]["message"]


async def _run_by_hand(request_body: bytes, *options: str) -> tuple[int | None, list[dict[str, Any]]]:
    process = await asyncio.create_subprocess_exec(
        str(find_node().executable),
        str(HOST_FOLDER / "src" / "main.js"),
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate(request_body)
    return process.returncode, [json.loads(line) for line in said.splitlines()]
