from __future__ import annotations

from platform_local.generated import generated_files
from platform_local.programs import COMPONENTS


def test_every_component_with_an_http_api_has_a_document_and_the_gateway_the_sum_of_all() -> None:
    documents = {str(each.path): each for each in generated_files() if each.group == "openapi"}
    merged = documents.pop("gateway/src/gateway/openapi.json")
    services = [each for each in COMPONENTS if "serve" in each.ports and each.package != "gateway"]
    assert set(documents) == {f"{component.folder}/openapi.json" for component in services}
    assert {str(path) for path in merged.made_from} == set(documents)
