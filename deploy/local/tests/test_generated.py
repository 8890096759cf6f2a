from __future__ import annotations

from platform_local.generated import generated_files
from platform_local.programs import COMPONENTS


def test_every_component_with_an_http_api_has_a_document() -> None:
    documents = {str(each.path) for each in generated_files() if each.group == "openapi"}
    assert documents == {f"{component.folder}/openapi.json" for component in COMPONENTS if "serve" in component.ports}
