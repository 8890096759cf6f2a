from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.openapi_command import run_openapi
from gateway.openapi_merge import MergeError, merge_documents


def document(path: str, method: str = "get", *, schema: str = "Thing", **schemas: Any) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    operation = {
        "operationId": "x",
        "tags": ["things"],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": reference}}}}},
    }
    return {"paths": {path: {method: operation}}, "components": {"schemas": schemas}}


def schema_of(merged: dict[str, Any], path: str) -> str:
    reference: str = merged["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["items"][
        "$ref"
    ]
    return reference.rpartition("/")[2]


def test_equal_schemas_become_one_and_different_ones_get_their_services_name() -> None:
    merged = merge_documents(
        {
            "auth": document("/api/v1/auth/me", Thing={"type": "object"}, Problem={"type": "object"}),
            "installs": document("/api/v1/user/plugins", Thing={"type": "string"}, Problem={"type": "object"}),
        }
    )
    assert set(merged["components"]["schemas"]) == {"AuthThing", "InstallsThing", "Problem"}
    assert schema_of(merged, "/api/v1/auth/me") == "AuthThing"
    assert schema_of(merged, "/api/v1/user/plugins") == "InstallsThing"


def test_the_route_table_says_what_a_session_means() -> None:
    merged = merge_documents(
        {
            "catalog": document("/api/v1/plugins", Thing={}),
            "installs": document("/api/v1/user/plugins", Thing={}),
            "publishing": document("/api/v1/developer/plugins", Thing={}),
        }
    )
    security = {path: item["get"]["security"] for path, item in merged["paths"].items()}
    assert security["/api/v1/plugins"] == []
    assert {} in security["/api/v1/user/plugins"]
    assert security["/api/v1/developer/plugins"] == [{"session": []}, {"bearer": []}]


@pytest.mark.parametrize("path", ["/internal/anonymous", "/api/v1/user/plugins"])
def test_an_address_that_does_not_lead_to_its_service_is_refused(path: str) -> None:
    with pytest.raises(MergeError, match="route table"):
        merge_documents({"auth": document(path, Thing={})})


def test_an_address_that_two_services_document_is_refused() -> None:
    both = {"auth": document("/api/v1/auth/me", Thing={}), "catalog": document("/api/v1/auth/me", Thing={})}
    with pytest.raises(MergeError):
        merge_documents(both)


def test_the_command_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "auth" / "openapi.json"
    source.parent.mkdir()
    source.write_text(json.dumps(document("/api/v1/auth/me", Thing={})))
    target = tmp_path / "merged.json"
    run_openapi(["--merge", str(source), "--output", str(target)])
    run_openapi(["--merge", str(source)])
    assert capsys.readouterr().out == target.read_text()
    run_openapi([])
    assert json.loads(capsys.readouterr().out)["info"]["title"] == "Plugin Platform API"
