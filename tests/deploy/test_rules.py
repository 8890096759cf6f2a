"""The rules find what they are for: each test breaks one thing."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from platform_k8s.checks import check_manifests
from platform_k8s.layout import FOLDER
from platform_k8s.manifests import Manifest, find, pod_template
from platform_k8s.rules.workloads import check_images

Break = Callable[[list[Manifest]], object]


def pod(manifests: list[Manifest], name: str = "installs-api", kind: str = "Deployment") -> dict[str, Any]:
    workload = find(manifests, kind, name)
    assert workload is not None
    spec: dict[str, Any] = pod_template(workload)["spec"]
    return spec


def app(manifests: list[Manifest], name: str = "installs-api", kind: str = "Deployment") -> dict[str, Any]:
    container: dict[str, Any] = pod(manifests, name, kind)["containers"][0]
    return container


def config(manifests: list[Manifest], name: str) -> dict[str, str]:
    found = find(manifests, "ConfigMap", name)
    assert found is not None
    data: dict[str, str] = found["data"]
    return data


def get(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    found = find(manifests, kind, name)
    assert found is not None
    return found


BREAKS: dict[str, tuple[str, Break]] = {
    "a field that is misspelt": ("schema", lambda m: pod(m).update(securityContex={})),
    "a port that is text": ("schema", lambda m: app(m)["ports"][0].update(containerPort="18003")),
    "root": ("restricted", lambda m: pod(m)["securityContext"].update(runAsNonRoot=False)),
    "user 0": ("restricted", lambda m: pod(m)["securityContext"].update(runAsUser=0)),
    "a container that overrules its pod": ("restricted", lambda m: app(m)["securityContext"].update(runAsUser=0)),
    "no seccomp": ("restricted", lambda m: pod(m)["securityContext"].pop("seccompProfile")),
    "escalation": ("restricted", lambda m: app(m)["securityContext"].pop("allowPrivilegeEscalation")),
    "capabilities": ("restricted", lambda m: app(m)["securityContext"].update(capabilities={"drop": ["NET_RAW"]})),
    "a capability more": (
        "restricted",
        lambda m: app(m)["securityContext"].update(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
    ),
    "a writable root": ("restricted", lambda m: app(m)["securityContext"].update(readOnlyRootFilesystem=False)),
    "the host's network": ("restricted", lambda m: pod(m).update(hostNetwork=True)),
    "a folder of the host": (
        "restricted",
        lambda m: pod(m)["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
    ),
    "a port of the host": ("restricted", lambda m: app(m)["ports"][0].update(hostPort=18003)),
    "the cluster's token": ("restricted", lambda m: pod(m).update(automountServiceAccountToken=True)),
    "a job as root": (
        "restricted",
        lambda m: pod(m, "installs-migrate", "Job")["securityContext"].update(runAsNonRoot=False),
    ),
    "no memory limit": ("workload", lambda m: app(m)["resources"].pop("limits")),
    "no probe": ("workload", lambda m: app(m).pop("readinessProbe")),
    "readiness as liveness": ("workload", lambda m: app(m)["livenessProbe"]["httpGet"].update(path="/readyz")),
    "no room to end": ("workload", lambda m: pod(m).update(terminationGracePeriodSeconds=5)),
    "no preStop": ("workload", lambda m: app(m).pop("lifecycle")),
    "no service account": ("workload", lambda m: m.remove(get(m, "ServiceAccount", "installs"))),
    "a selector of another": (
        "workload",
        lambda m: get(m, "Deployment", "installs-api")["spec"]["selector"]["matchLabels"].update(
            {"app.kubernetes.io/name": "auth"}
        ),
    ),
    "replicas beside an autoscaler": (
        "workload",
        lambda m: get(m, "Deployment", "installs-api")["spec"].update(replicas=3),
    ),
    "a missing relay": ("topology", lambda m: m.remove(get(m, "Deployment", "installs-relay"))),
    "a missing migration": ("topology", lambda m: m.remove(get(m, "Job", "auth-migrate"))),
    "a missing service": ("topology", lambda m: m.remove(get(m, "Service", "catalog"))),
    "another role": ("topology", lambda m: app(m).update(args=["work"])),
    "another port": ("topology", lambda m: app(m)["ports"][0].update(containerPort=18004)),
    "another image": ("topology", lambda m: app(m).update(image="plugin-platform/auth")),
    "an address that leads nowhere": ("topology", lambda m: config(m, "gateway").update(AUTH_URL="http://auth:8080")),
    "a service that selects others": (
        "topology",
        lambda m: get(m, "Service", "installs")["spec"]["selector"].update({"app.kubernetes.io/component": "work"}),
    ),
    "a variable that nobody reads": ("settings", lambda m: config(m, "installs").update(KAFKA_BOOTSTRAP_SERVER="x:1")),
    "a setting that is not given": ("settings", lambda m: config(m, "catalog").pop("S3_ENDPOINT_URL")),
    "a secret that is not mounted": ("settings", lambda m: pod(m)["volumes"].pop(0)),
    "loopback": ("settings", lambda m: config(m, "installs").update(HOST="127.0.0.1")),
    "a secret in the repository": (
        "settings",
        lambda m: m.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}),
    ),
    "a secret that is not declared": (
        "settings",
        lambda m: pod(m)["volumes"][0]["projected"]["sources"][0]["secret"]["items"].append(
            {"key": "other", "path": "other"}
        ),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_base_is_found(base: list[Manifest], name: str) -> None:
    rule, break_it = BREAKS[name]
    break_it(base)
    assert [finding for finding in check_manifests(base, is_overlay=False) if finding.rule.startswith(rule)]


NETWORK_BREAKS: dict[str, Break] = {
    "nothing denied": lambda m: m.remove(get(m, "NetworkPolicy", "default-deny")),
    "a way out that is closed": lambda m: get(m, "NetworkPolicy", "installs")["spec"].update(egress=[]),
    "a way in that is closed": lambda m: get(m, "NetworkPolicy", "auth")["spec"].update(ingress=[]),
    "a way in for another": lambda m: get(m, "NetworkPolicy", "auth")["spec"]["ingress"][0].update(
        {"from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "catalog"}}}]}
    ),
    "a policy for nobody": lambda m: get(m, "NetworkPolicy", "installs")["spec"].update(
        podSelector={"matchLabels": {"app.kubernetes.io/name": "instals"}}
    ),
}


@pytest.fixture
def with_policies(base: list[Manifest]) -> list[Manifest]:
    """Give the base with the component of network policies."""
    folder = FOLDER / "components" / "network-policies"
    names = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))["resources"]
    return [*base, *(yaml.safe_load((folder / name).read_text("utf-8")) for name in names)]


def test_the_network_policies_fit_the_base(with_policies: list[Manifest]) -> None:
    assert [str(finding) for finding in check_manifests(with_policies, is_overlay=False)] == []


@pytest.mark.parametrize("name", NETWORK_BREAKS)
def test_a_broken_network_policy_is_found(with_policies: list[Manifest], name: str) -> None:
    NETWORK_BREAKS[name](with_policies)
    assert [finding for finding in check_manifests(with_policies, is_overlay=False) if finding.rule == "network"]


@pytest.mark.parametrize("image", ["plugin-platform/installs", "plugin-platform/installs:latest"])
def test_an_image_without_a_version_is_found(base: list[Manifest], image: str) -> None:
    app(base)["image"] = image
    found = [finding for finding in check_manifests(base, is_overlay=True) if "is not pinned" in finding.detail]
    assert "Deployment/installs-api" in {finding.where for finding in found}


@pytest.mark.parametrize("image", ["plugin-platform/installs:1.2.3", "plugin-platform/installs@sha256:" + "a" * 64])
def test_an_image_with_a_version_is_fine(base: list[Manifest], image: str) -> None:
    app(base)["image"] = image
    assert "Deployment/installs-api" not in {finding.where for finding in check_images(base)}
