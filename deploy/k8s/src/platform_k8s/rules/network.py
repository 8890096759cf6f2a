"""Where there are network policies, all is denied at first, and every address in the settings stays reachable."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from platform_k8s.manifests import Finding, Manifest, find, label, of_kind, pod_template, selects, workloads

RULE = "network"


def check_network_policies(manifests: Sequence[Manifest]) -> list[Finding]:
    """Check the policies, if there are any."""
    policies = of_kind(manifests, "NetworkPolicy")
    if not policies:
        return []
    details = []
    if not any(_is_default_deny(policy) for policy in policies):
        details.append(("NetworkPolicy", "nothing is denied by default"))
    for workload in of_kind(manifests, "Deployment"):
        details += [(label(workload), detail) for detail in _unreachable(workload, manifests, policies)]
    pods = [pod_template(workload)["metadata"]["labels"] for workload in workloads(manifests)]
    details += [
        (label(policy), "it selects no pod")
        for policy in policies
        if not any(selects(_pod_labels(policy["spec"]["podSelector"]), labels) for labels in pods)
    ]
    return [Finding(where=where, rule=RULE, detail=detail) for where, detail in details]


def _is_default_deny(policy: Manifest) -> bool:
    spec = policy["spec"]
    return not spec["podSelector"] and set(spec["policyTypes"]) == {"Ingress", "Egress"} and "ingress" not in spec


def _unreachable(workload: Manifest, manifests: Sequence[Manifest], policies: Sequence[Manifest]) -> list[str]:
    """List the addresses in a workload's configuration that the policies do not let it reach."""
    template = pod_template(workload)
    own = template["metadata"]["labels"]
    mine = [policy for policy in policies if selects(_pod_labels(policy["spec"]["podSelector"]), own)]
    details = []
    (container,) = template["spec"]["containers"]
    for source in container.get("envFrom") or []:
        config = find(manifests, "ConfigMap", source["configMapRef"]["name"])
        for name, host, port in _addresses(config["data"] if config is not None else {}):
            service = find(manifests, "Service", host)
            target = (service["spec"].get("selector") or {}) if service is not None else {}
            if not any(_lets_out(policy, target, port) for policy in mine):
                details.append(f"it may not go out to {name}, port {port}")
            if target and not any(_lets_in(policy, target, own, port) for policy in policies):
                details.append(f"{host} does not let it in at port {port}")
    return details


def _addresses(data: dict[str, str]) -> list[tuple[str, str, int]]:
    found = []
    for name, value in data.items():
        if not name.endswith(("_URL", "_SERVERS")):
            continue
        parts = urlsplit(value if "://" in value else f"//{value}")
        if parts.hostname is not None and parts.port is not None:
            found.append((name, parts.hostname, parts.port))
    return found


def _lets_out(policy: Manifest, target: dict[str, str], port: int) -> bool:
    return any(
        _has_port(rule, port)
        and ("to" not in rule or (target and any(selects(_peer(peer), target) for peer in rule["to"])))
        for rule in policy["spec"].get("egress") or []
    )


def _lets_in(policy: Manifest, target: dict[str, str], caller: dict[str, str], port: int) -> bool:
    if not selects(_pod_labels(policy["spec"]["podSelector"]), target):
        return False
    return any(
        _has_port(rule, port) and ("from" not in rule or any(selects(_peer(peer), caller) for peer in rule["from"]))
        for rule in policy["spec"].get("ingress") or []
    )


def _has_port(rule: dict[str, Any], port: int) -> bool:
    return "ports" not in rule or any(one["port"] == port for one in rule["ports"])


def _peer(peer: dict[str, Any]) -> dict[str, str]:
    return _pod_labels(peer.get("podSelector") or {})


def _pod_labels(selector: dict[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = selector.get("matchLabels") or {}
    return labels
