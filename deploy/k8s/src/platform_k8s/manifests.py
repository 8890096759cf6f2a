"""Kubernetes objects as mappings, and what the rules share in reading them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]
"""One object, as YAML gives it."""

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: with which object, by which rule, and how."""

    where: str
    rule: str
    detail: str

    def __str__(self) -> str:
        """Write it in one line."""
        return f"{self.where}: {self.detail} [{self.rule}]"


def label(manifest: Manifest) -> str:
    """Name an object for people, as ``Kind/name``."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> list[Manifest]:
    """Pick the objects of some kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def workloads(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Pick what makes pods from a template."""
    return of_kind(manifests, "Deployment", "Job", "StatefulSet", "DaemonSet", "CronJob")


def pod_template(workload: Manifest) -> Manifest:
    """Give the pod template of a workload."""
    spec = workload["spec"]
    template: Manifest = spec["jobTemplate"]["spec"]["template"] if workload["kind"] == "CronJob" else spec["template"]
    return template


def containers(pod: Manifest) -> Iterator[Manifest]:
    """Give every container of a pod's spec, the initial ones too."""
    yield from pod.get("initContainers") or []
    yield from pod.get("containers") or []


def find(manifests: Sequence[Manifest], kind: str, name: str) -> Manifest | None:
    """Find an object by kind and name."""
    return next((one for one in of_kind(manifests, kind) if one["metadata"]["name"] == name), None)


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    """Say whether a selector's labels are all among an object's; an empty selector selects everything."""
    return selector.items() <= labels.items()
