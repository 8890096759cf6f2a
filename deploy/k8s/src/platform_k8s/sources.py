"""The base, put together from its sources without kustomize.

So that a machine without Go checks the same rules. It knows what this base uses (patches by kind and label,
configuration from env files) and nothing more; a test compares it with what kustomize renders.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from platform_k8s.layout import BASE
from platform_k8s.manifests import Manifest

_MERGE_KEYS = ("mountPath", "name")
"""Keys by which Kubernetes merges the lists that our patches touch."""


def load_base() -> list[Manifest]:
    """Give the objects of the base, patched as kustomize would; names of ConfigMaps without their hash."""
    kustomization = _load(BASE / "kustomization.yaml")
    manifests = [
        manifest
        for resource in kustomization["resources"]
        for manifest in (_service(BASE / resource) if (BASE / resource).is_dir() else [_load(BASE / resource)])
    ]
    for patch in kustomization["patches"]:
        content = _load(BASE / patch["path"])
        for manifest in manifests:
            if _is_target(manifest, patch["target"]):
                _merge(manifest, {key: content[key] for key in ("spec",)} | _annotations(content))
    return manifests


def _service(folder: Path) -> list[Manifest]:
    kustomization = _load(folder / "kustomization.yaml")
    configurations = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": generator["name"]},
            "data": dict(
                line.split("=", 1) for name in generator["envs"] for line in (folder / name).read_text().splitlines()
            ),
        }
        for generator in kustomization.get("configMapGenerator", [])
    ]
    return [_load(folder / resource) for resource in kustomization["resources"]] + configurations


def _load(path: Path) -> Manifest:
    content: Manifest = yaml.safe_load(path.read_text("utf-8"))
    return content


def _annotations(content: Manifest) -> Manifest:
    annotations = content["metadata"].get("annotations")
    return {"metadata": {"annotations": annotations}} if annotations else {}


def _is_target(manifest: Manifest, target: dict[str, str]) -> bool:
    if not re.fullmatch(target["kind"], manifest["kind"]):
        return False
    selector = target.get("labelSelector")
    if selector is None:
        return True
    key, value = selector.split("=")
    return bool(manifest["metadata"].get("labels", {}).get(key) == value)


def _merge(into: Manifest, patch: Manifest) -> None:
    for key, value in patch.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            into[key] = _merged_list(into.get(key, []), value)
        else:
            into[key] = value


def _merged_list(items: list[Any], patches: list[Any]) -> list[Any]:
    key = next((name for name in _MERGE_KEYS if all(name in item for item in [*items, *patches])), None)
    if key is None:
        return patches
    merged = {item[key]: item for item in items}
    for patch in patches:
        _merge(merged.setdefault(patch[key], {}), patch)
    return list(merged.values())
