"""What every workload has: labels, resources, probes, room to end in, a place to write to, a pinned image."""

import re
from collections.abc import Iterator, Sequence

from platform_k8s.manifests import (
    COMPONENT,
    NAME,
    Finding,
    Manifest,
    containers,
    find,
    label,
    of_kind,
    pod_template,
    workloads,
)

RULE = "workload"
PROCESS_GRACE_SECONDS = 10
"""How long a process of ours takes to end at most (`chassis.process.GRACE_SECONDS`)."""

_TAGGED = re.compile(r"(?:@sha256:[0-9a-f]{64}|:(?!latest$)[\w][\w.-]*)$")


def check_workloads(manifests: Sequence[Manifest]) -> list[Finding]:
    """Check every workload."""
    findings = []
    for workload in workloads(manifests):
        details = [*_general_faults(workload, manifests)]
        if workload["kind"] == "Deployment":
            details += _deployment_faults(workload)
        findings += [Finding(where=label(workload), rule=RULE, detail=detail) for detail in details]
    return findings + _scaling_faults(manifests)


def check_images(manifests: Sequence[Manifest]) -> list[Finding]:
    """Check that every image is pinned to a tag other than latest, or to a digest."""
    return [
        Finding(where=label(workload), rule=RULE, detail=f"the image {container['image']} is not pinned")
        for workload in workloads(manifests)
        for container in containers(pod_template(workload)["spec"])
        if not _TAGGED.search(container["image"])
    ]


def _general_faults(workload: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    template = pod_template(workload)
    labels = template["metadata"].get("labels") or {}
    if not {NAME, COMPONENT} <= labels.keys() or not labels.items() <= (workload["metadata"]["labels"]).items():
        yield "its pods lack the labels of name and component, or have others than the workload"
    account = template["spec"].get("serviceAccountName")
    if account is None or find(manifests, "ServiceAccount", account) is None:
        yield f"its service account {account!r} is not there"
    for container in containers(template["spec"]):
        resources = container.get("resources") or {}
        if not {"cpu", "memory"} <= (resources.get("requests") or {}).keys():
            yield f"container {container['name']} requests no cpu or no memory"
        if "memory" not in (resources.get("limits") or {}):
            yield f"container {container['name']} has no limit of memory"
        mounts = {mount["mountPath"] for mount in container.get("volumeMounts") or []}
        if "/tmp" not in mounts:  # noqa: S108 - the path in the pod
            yield f"container {container['name']} has no /tmp to write to"


def _deployment_faults(deployment: Manifest) -> Iterator[str]:
    template = pod_template(deployment)
    selector = deployment["spec"]["selector"]["matchLabels"]
    if not {NAME, COMPONENT} <= selector.keys() or not selector.items() <= template["metadata"]["labels"].items():
        yield "its selector is not that of its pods"
    stop_seconds = 0
    for container in template["spec"]["containers"]:
        for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz"), ("startupProbe", "/livez")):
            asked = (container.get(probe) or {}).get("httpGet") or {}
            if asked != {"path": path, "port": "http"}:
                yield f"container {container['name']}: {probe} does not ask {path} at the port http"
        stop = ((container.get("lifecycle") or {}).get("preStop") or {}).get("sleep") or {}
        stop_seconds = max(stop_seconds, stop.get("seconds", 0))
    if deployment["metadata"]["labels"].get(COMPONENT) == "api" and not stop_seconds:
        yield "it ends before proxies know: there is no preStop"
    if template["spec"].get("terminationGracePeriodSeconds", 0) < stop_seconds + PROCESS_GRACE_SECONDS:
        yield "it is killed before it can end"


def _scaling_faults(manifests: Sequence[Manifest]) -> list[Finding]:
    scaled = {one["spec"]["scaleTargetRef"]["name"] for one in of_kind(manifests, "HorizontalPodAutoscaler")}
    deployments = {one["metadata"]["name"]: one for one in of_kind(manifests, "Deployment")}
    findings = [
        Finding(where=f"HorizontalPodAutoscaler/{name}", rule=RULE, detail="it scales nothing")
        for name in sorted(scaled - deployments.keys())
    ]
    for name, deployment in deployments.items():
        if (name in scaled) == ("replicas" in deployment["spec"]):
            detail = "it has either replicas or an autoscaler, not both and not neither"
            findings.append(Finding(where=label(deployment), rule=RULE, detail=detail))
    return findings
