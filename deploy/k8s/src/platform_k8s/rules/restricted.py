"""Every pod fits the PodSecurity standard `restricted`, and somewhat more.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/, profile Restricted. Beyond it: a read-only
root, a numeric user, no token of the cluster.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from platform_k8s.manifests import Finding, Manifest, containers, label, pod_template, workloads

_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
_SECCOMP = frozenset({"RuntimeDefault", "Localhost"})
RULE = "restricted"


def check_restricted(manifests: Sequence[Manifest]) -> list[Finding]:
    """Check every workload's pods."""
    return [
        Finding(where=label(workload), rule=RULE, detail=detail)
        for workload in workloads(manifests)
        for detail in _faults(pod_template(workload)["spec"])
    ]


def _faults(pod: Manifest) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"{field} is set"
    for volume in pod.get("volumes") or []:
        if not (volume.keys() - {"name"}) <= _VOLUMES:
            yield f"volume {volume['name']} is of a kind that is not allowed"
    if pod.get("automountServiceAccountToken") is not False:
        yield "the token of the cluster is mounted"
    shared = pod.get("securityContext") or {}
    if shared.get("sysctls"):
        yield "sysctls are set"
    for container in containers(pod):
        own = container.get("securityContext") or {}
        for fault in _container_faults(container, own, {**shared, **own}):
            yield f"container {container['name']}: {fault}"


def _container_faults(container: Manifest, own: dict[str, Any], effective: dict[str, Any]) -> Iterator[str]:
    if effective.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if not isinstance(effective.get("runAsUser"), int) or effective["runAsUser"] == 0:
        yield "runAsUser is not a number above 0"
    if (effective.get("seccompProfile") or {}).get("type") not in _SECCOMP:
        yield "there is no seccomp profile"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if own.get("privileged"):
        yield "it is privileged"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "its root is not read-only"
    capabilities = own.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or []):
        yield "it does not drop ALL capabilities"
    if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield "it adds capabilities"
    if any("hostPort" in port for port in container.get("ports") or []):
        yield "it takes a port of the host"
