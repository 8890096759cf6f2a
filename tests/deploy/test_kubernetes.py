"""The Kubernetes manifests fit Kubernetes and the house."""

import json
import re
from typing import Any

from platform_k8s.checks import check_manifests
from platform_k8s.layout import FOLDER, kustomizations, processes
from platform_k8s.manifests import Manifest, find, of_kind, pod_template, workloads
from platform_k8s.rules.settings import settings_of


def test_the_base_fits_as_it_is_written(base: list[Manifest]) -> None:
    assert [str(finding) for finding in check_manifests(base, is_overlay=False)] == []


def test_the_base_and_every_overlay_fit_as_they_render(rendered: dict[str, list[Manifest]]) -> None:
    findings = {
        name: [str(finding) for finding in check_manifests(manifests, is_overlay=name.startswith("overlays/"))]
        for name, manifests in rendered.items()
    }
    assert findings == {name: [] for name in rendered}


def test_reading_the_sources_gives_the_pods_that_kustomize_renders(
    base: list[Manifest], rendered: dict[str, list[Manifest]]
) -> None:
    for workload in workloads(rendered.get("k8s/base", [])):
        own = find(base, workload["kind"], workload["metadata"]["name"])
        assert own is not None
        assert sort_lists(pod_template(own)["spec"]) == sort_lists(without_hashes(pod_template(workload)["spec"]))


def sort_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sort_lists(item) for key, item in value.items()}
    return (
        sorted(map(sort_lists, value), key=lambda item: json.dumps(item, sort_keys=True))
        if isinstance(value, list)
        else value
    )


def without_hashes(pod: Manifest) -> Manifest:
    """Names of generated ConfigMaps end in a hash of their content."""
    for container in pod["containers"]:
        for source in container["envFrom"]:
            name = source["configMapRef"]["name"]
            source["configMapRef"]["name"] = re.sub(r"-[a-z0-9]{10}$", "", name)
    return pod


def test_every_overlay_lands_in_the_restricted_namespace(rendered: dict[str, list[Manifest]]) -> None:
    for manifests in rendered.values():
        (namespace,) = of_kind(manifests, "Namespace")
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        others = {one["metadata"].get("namespace") for one in manifests if one is not namespace}
        assert others == {namespace["metadata"]["name"]}


def test_the_dev_overlay_runs_one_of_everything(rendered: dict[str, list[Manifest]]) -> None:
    for manifest in rendered.get("overlays/dev", []):
        if manifest["kind"] == "Deployment":
            assert manifest["spec"].get("replicas", 1) == 1
        if manifest["kind"] == "HorizontalPodAutoscaler":
            assert manifest["spec"]["minReplicas"] == 1


def test_all_processes_have_settings_and_the_roles_are_those_of_the_platform() -> None:
    names = {process.workload for process in processes()}
    assert {"gateway-api", "installs-api", "installs-work", "installs-relay", "installs-migrate"} <= names
    assert {"search-indexer-work", "publishing-work", "catalog-work", "auth-relay"} <= names
    for process in processes():
        assert settings_of(process.package, process.role).model_fields


def test_every_kustomization_is_listed_and_every_file_is_used() -> None:
    assert {folder.name for folder in kustomizations()} >= {"base", "dev"}
    for folder in FOLDER.rglob("kustomization.yaml"):
        text = folder.read_text("utf-8")
        for path in folder.parent.iterdir():
            if path.suffix in {".yaml", ".env"} and path.name != "kustomization.yaml":
                assert re.search(rf"\b{re.escape(path.name)}\b", text), f"{path} is in no kustomization"
